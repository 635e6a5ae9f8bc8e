/** One run over a network that is slow, breaks off and is answered otherwise each time, recorded and replayed. */
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { RawResponse, Recording, Replayed, Runtime, RuntimeOptions, Transport } from "../../runtime/index.ts";
import { contextOf } from "../runtime/executing.ts";

const some = (most: number): number => Math.floor(Math.random() * most);

async function* pieces(count: number, breaks = false): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index++) {
    if (index > 0) await wait(some(4));
    yield Buffer.from(`${"piece é".repeat(1 + some(200))} ${Math.random()}\n`);
  }
  if (breaks) throw Object.assign(new Error("broken off"), { code: "ECONNRESET" });
}

function respond(path: string): RawResponse {
  const answer = (status: number, body: Readable, headers: [string, string][] = []): RawResponse => ({
    status,
    statusText: "",
    headers: [["date", new Date().toUTCString()], ...headers],
    body,
  });
  switch (path) {
    case "/json":
      return answer(200, Readable.from([Buffer.from(JSON.stringify({ r: Math.random() }))]), [["content-type", "application/json"]]);
    case "/chunks":
      return answer(200, Readable.from(pieces(1 + some(5))));
    case "/large":
      return answer(200, Readable.from([Buffer.alloc(200_000 + some(1_000), Math.random() < 0.5 ? "a" : "\xff", "latin1")]));
    case "/cut":
      return answer(200, Readable.from(pieces(2, true)));
    case "/missing":
      return answer(404, Readable.from([Buffer.from(`none ${Math.random()}`)]));
    case "/redirect":
      return answer(302, Readable.from([]), [["location", `/text?r=${Math.random()}`]]);
    default:
      return answer(200, Readable.from([Buffer.from(`text ${Math.random()}`)]));
  }
} // prettier-ignore

export const NETWORK: Transport = {
  async exchange({ url, signal }) {
    await wait(url.pathname === "/slow" ? 30 : some(6), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw signal.reason;
    return respond(url.pathname);
  },
  destroy: () => Promise.resolve(),
};

/** A transport that no request may reach. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The recording of the last run, with what a runtime needs to make it. */
export function recordingRuntime(): { readonly options: RuntimeOptions; take(): Promise<Recording> } {
  const kept: ((recording: Recording) => void)[] = [];
  const waiting: Recording[] = [];
  return {
    options: {
      logger: SILENT,
      egress: { hosts: ["x.example"] },
      network: () => NETWORK,
      limits: { wallMs: 1_000, cpuMs: 1_000 },
      record: {
        source: true,
        to(recording) {
          const next = kept.shift();
          if (next === undefined) waiting.push(recording);
          else next(recording);
        },
      },
    },
    take() {
      const [first] = waiting.splice(0, 1);
      return first === undefined ? new Promise((resolve) => void kept.push(resolve)) : Promise.resolve(first);
    },
  };
}

/** Records and replays; what comes back is the replay of what a file would have held. */
export async function recordAndReplay(
  runtime: Runtime,
  take: () => Promise<Recording>,
  source: string,
  filename: string,
): Promise<Replayed> {
  const channel = Math.random() < 0.5 ? "chat" : "phone";
  const outcome = await runtime.execute({ action: { source, filename }, context: contextOf(channel) });
  const recording = await take();
  if (recording.executionId !== outcome.executionId) throw new Error("another recording came");
  return runtime.replay(JSON.stringify(recording));
}

/** Throws with all that differs. */
export function holds({ equal, divergence, differences, recording, outcome }: Replayed): void {
  if (equal) return;
  const told = { divergence, differences, recorded: recording.outcome, replayed: outcome, turns: recording.turns };
  throw new Error(`a replay was another run: ${JSON.stringify(told, null, 1).slice(0, 6_000)}`);
}
