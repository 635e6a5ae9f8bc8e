/**
 * The worker process: holds isolates ready, plays the runs that the host sends, and knows nothing but its two channels.
 * Guests compute on this thread, one at a time; the others wait for their timers and answers.
 */
import { openChannel } from "./channel.ts";
import {
  type CachedScript,
  type IsolateFactory,
  type PreparedIsolate,
  cacheAction,
  createIsolateFactory,
} from "./isolate.ts";
import type { ConfigureFrame, HostFrame, RunFrame } from "../protocol.ts";
import { SCRIPTS_PER_WORKER } from "../wire.ts";
import { Run } from "./run.ts";

/** Milliseconds without work after which isolates are made ahead. */
const REFILL_AFTER_MS = 2;

const runs = new Map<number, Run>();
const scripts = new Map<string, CachedScript>();
const ready: PreparedIsolate[] = [];
let configuration: ConfigureFrame;
let makeIsolate: IsolateFactory;
let refill: NodeJS.Timeout | undefined;

const channel = openChannel((frame, bytes) => handle(frame, bytes));

function handle(frame: HostFrame, bytes: Uint8Array | undefined): void {
  switch (frame.type) {
    case "configure":
      configuration = frame;
      makeIsolate = createIsolateFactory(frame);
      fill();
      return channel.send({ type: "ready" });
    case "script":
      return keepScript(frame.hash, frame.code);
    case "run":
      return startRun(frame);
    case "answer":
      return runs.get(frame.run)?.answer(frame.call, frame.answer, bytes);
    case "stop":
      return runs.get(frame.run)?.stop();
    case "ping":
      return channel.send({ type: "pong", ping: frame.ping, heaps: weigh() });
    default:
      throw new Error(`unknown frame ${String(frame satisfies never)}`);
  }
}

function startRun(frame: RunFrame): void {
  clearTimeout(refill);
  const script = scripts.get(frame.script);
  if (!script) throw new Error("a run came before its script");
  const run = new Run(frame, takeIsolate(frame.limits.memoryMiB), channel, {
    onEnter: () => {
      if (runs.size > 1) channel.send({ type: "entered", run: frame.run });
    },
    onEnd: () => setImmediate(free, frame.run),
  });
  runs.set(frame.run, run);
  run.start(script);
}

/** After the turn in which a run ended has left the stack, and its answer has left the process. */
function free(id: number): void {
  runs.delete(id);
  channel.send({ type: "freed", run: id });
  clearTimeout(refill);
  if (ready.length < configuration.ahead) refill = setTimeout(fill, REFILL_AFTER_MS);
}

function takeIsolate(memoryMiB: number): PreparedIsolate {
  const index = ready.findLastIndex((prepared) => prepared.memoryMiB === memoryMiB);
  return index === -1 ? makeIsolate(memoryMiB) : ready.splice(index, 1)[0]!;
}

/** Makes one isolate at a time, so that a run that arrives meanwhile waits for one at most. */
function fill(): void {
  if (ready.length >= configuration.ahead) return;
  ready.push(makeIsolate(configuration.memoryMiB));
  if (ready.length < configuration.ahead) refill = setTimeout(fill, 0);
}

/** The oldest goes first; the host keeps the same list by the same rule, so it knows what to send again. */
function keepScript(hash: string, code: string): void {
  scripts.delete(hash);
  scripts.set(hash, cacheAction(code));
  if (scripts.size > SCRIPTS_PER_WORKER) scripts.delete(scripts.keys().next().value!);
}

function weigh(): Record<string, number> {
  return Object.fromEntries([...runs].map(([id, run]) => [String(id), run.heapBytes]));
}
