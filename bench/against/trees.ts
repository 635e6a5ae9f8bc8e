/** The trees that a comparison calls in turn, each in a process of its own: this one, the other one, and this one again, whose distance from itself is the noise. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Candidate } from "../candidate.ts";
import type { RuntimeOptions } from "../../runtime/index.ts";
import type { Kind } from "../fixture.ts";
import { HERE } from "./checkout.ts";
import type { LaneReply, LaneRequest, LaneSetup } from "./protocol.ts";

export const OURS = "this tree";
export const AGAIN = "this tree again (the noise)";
export const THEIRS = "the other commit";

export interface Tree {
  readonly name: string;
  readonly folder: string;
}

export const treesWith = (other: string): readonly Tree[] => [
  { name: OURS, folder: HERE },
  { name: THEIRS, folder: other },
  { name: AGAIN, folder: HERE },
];

export interface Lane {
  readonly name: string;
  ask(request: LaneRequest): Promise<LaneReply>;
  close(): Promise<void>;
}

export async function openLane(tree: Tree, kind: Kind, options: RuntimeOptions): Promise<Lane> {
  const setup: LaneSetup = { tree: tree.folder, kind, options };
  const script = fileURLToPath(new URL("lane.ts", import.meta.url));
  const child = fork(script, [JSON.stringify(setup)], { execArgv: ["--no-warnings"] });
  await answerOf(child);
  return {
    name: tree.name,
    async ask(request) {
      const answer = answerOf(child);
      child.send(request);
      const reply = await answer;
      if (reply.error !== null) throw new Error(`${tree.name}: ${reply.error}`);
      return reply;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}

export const asCandidate = (lane: Lane, cold: boolean): Candidate => ({
  name: lane.name,
  every: 1,
  call: async () => (await lane.ask({ type: "call", cold })).us,
  close: () => lane.close(),
});

async function answerOf(child: ChildProcess): Promise<LaneReply> {
  const { promise, resolve, reject } = Promise.withResolvers<LaneReply>();
  const ended = (code: number | null): void => reject(new Error(`the process of a tree ended with ${String(code)}`));
  child.once("message", resolve);
  child.once("exit", ended);
  return promise.finally(() => child.off("exit", ended));
}
