/** Every peer as a candidate, those that are not installed as a line that says so. */
import type { Candidate, Skipped } from "../candidate.ts";
import { type BenchContext, type Kind, makeContexts } from "../fixture.ts";
import { startPeer } from "./child-process.ts";
import { isInstalled, notInstalled } from "./installed.ts";
import type { PeerName } from "./peer.ts";
import { processCandidates } from "./one-process.ts";
import { workerdCandidates } from "./workerd.ts";

export const WITH: Readonly<Record<Kind, string>> = { reply: "no host call", "hand-off": "one host call" };
export const ECHO = "hop alone (an echo of the context)";

interface InProcess {
  readonly peer: PeerName;
  readonly title: string;
  /** Its package, where it has one of its own in bench/. */
  readonly packageName?: string;
}

const IN_PROCESS: readonly InProcess[] = [
  { peer: "quickjs", title: "quickjs-emscripten, fresh runtime, in process", packageName: "quickjs-emscripten" },
  { peer: "node-vm", title: "node:vm, fresh context, in process" },
  { peer: "vm2", title: "vm2, fresh VM, in process", packageName: "vm2" },
];

interface BehindProcess extends InProcess {
  readonly packageName: string;
  readonly kinds: readonly Kind[];
}

/** As they would stand behind a process of their own: timed from the host, with the hop. */
const BEHIND_PROCESS: readonly BehindProcess[] = [
  {
    peer: "quickjs-image",
    title: "quickjs-emscripten, its memory put back after each run, behind a process",
    packageName: "quickjs-emscripten",
    kinds: ["hand-off", "reply"],
  },
  {
    peer: "monty",
    title: "Monty (Python without a standard library), behind a process",
    packageName: "@pydantic/monty",
    kinds: ["hand-off"],
  },
];

export async function peerCandidates(): Promise<(Candidate | Skipped)[]> {
  const next = makeContexts();
  const made: (Candidate | Skipped)[] = [];
  for (const { peer, title, packageName } of IN_PROCESS) {
    if (packageName !== undefined && !isInstalled(packageName)) made.push({ skipped: notInstalled(packageName) });
    else for (const kind of ["hand-off", "reply"] as const) made.push(await ownProcess(peer, title, kind, next));
  }
  for (const { peer, title, packageName, kinds } of BEHIND_PROCESS) {
    if (!isInstalled(packageName)) made.push({ skipped: notInstalled(packageName) });
    else for (const kind of kinds) made.push(await withHop(peer, `${title}, ${WITH[kind]}`, kind, next));
  }
  return [...made, ...(await workerdCandidates(next)), ...processCandidates(next)];
}

/** Its time is the one that the child measured: no hop between processes is in it. */
async function ownProcess(peer: PeerName, title: string, kind: Kind, next: () => BenchContext): Promise<Candidate> {
  const child = await startPeer(peer);
  return {
    name: `${title}, ${WITH[kind]}`,
    every: 1,
    close: () => child.close(),
    async call() {
      const { us, text } = await child.ask({ type: "call", kind, input: JSON.stringify(next()) });
      check(text, title);
      return us;
    },
  };
}

async function withHop(peer: PeerName, name: string, kind: Kind, next: () => BenchContext): Promise<Candidate> {
  const child = await startPeer(peer);
  return {
    name,
    every: 1,
    close: () => child.close(),
    async call() {
      const input = JSON.stringify(next());
      const begun = performance.now();
      const { text } = await child.ask({ type: "call", kind, input });
      const us = (performance.now() - begun) * 1_000;
      if (peer !== "echo") check(text, name);
      return us;
    },
  };
}

function check(text: string, title: string): void {
  if ((JSON.parse(text) as { success?: boolean }).success !== true) throw new Error(`${title} answered ${text}`);
}

export const bareCandidate = (kind: Kind): Promise<Candidate> =>
  ownProcess("bare", "bare isolate, in process", kind, makeContexts());

export const echoCandidate = (): Promise<Candidate> => withHop("echo", ECHO, "reply", makeContexts());
