/**
 * The worker process: holds isolates ready, plays the runs that the host sends, and knows nothing but its two channels.
 * Guests compute on this thread, one at a time; the others wait for their timers and answers.
 */
import { closeSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { machineTime } from "../../base/machine-time.ts";
import type { ConfigureFrame, PositionalRun, RunFrame, RunSetup } from "../protocol/host-frames.ts";
import type { Image } from "../image.ts";
import { SCRIPTS_PER_WORKER, SETUPS_PER_WORKER } from "../protocol/wire.ts";
import { Ahead } from "./ahead.ts";
import { type Channel, type Received, openChannel } from "./channel.ts";
import { watchHost } from "./host-watch.ts";
import {
  type CachedScript,
  type IsolateFactory,
  type PreparedIsolate,
  cacheAction,
  createScriptFactory,
} from "./isolate.ts";
import type { WorkerPlatform } from "./platform.ts";
import { refuseTheRest } from "./refusals.ts";
import { Run } from "./run.ts";
import { RunMarks } from "./run-marks.ts";
import { Turns } from "./turns.ts";

/** The name of `SCRIPTS` in image.ts, which is the host's file. */
const SCRIPTS = "scripts";

const runs = new Map<number, Run>();
const ended: number[] = [];
const scripts = new Map<string, CachedScript>();
const setups = new Map<number, RunSetup>();
const ready: PreparedIsolate[] = [];
/** Made because none stood ready, when no frame was there: it is rehearsed where there is time. */
let spare: PreparedIsolate | null = null;
const thread = { busyMs: 0 };
const turns = new Turns((run) => channel.send({ type: "entered", run }));
let platform: WorkerPlatform;
let runners: Readonly<Record<string, Runner>>;
let channel: Channel;
let configuration: ConfigureFrame;
let makeIsolate: IsolateFactory;
let ahead: Ahead;
let lastScript: CachedScript | null = null;

/** Makes the isolates of an image. `readFile` gives its files, by their places in the image's list, and each of them once. */
export type Runner = (image: Image, readFile: (index: number) => Buffer) => IsolateFactory;

export interface WorkerParts {
  readonly platform: WorkerPlatform;
  /** Runners of images that are more than guest scripts, by the name that an image gives. */
  readonly runners: Readonly<Record<string, Runner>>;
}

/** Begins to serve the host. Platform and runners are handed in: what an action may ask of this process is no affair of the sandbox. */
export function startWorker(parts: WorkerParts): void {
  // Functions are compiled whole, and so they are whole in the code cache: the first call of a fresh isolate finds them ready.
  setFlagsFromString("--no-lazy");
  // V8 gives every isolate the stack of its thread down to the same depth. A guest that recurses to its end and calls its door there would
  // have this thread run out of stack in the middle of our own code, so the isolates made from here on may use three quarters of it.
  setFlagsFromString("--stack-size=736");
  const host = Number(process.argv[3] ?? 0);
  if (host > 0) watchHost(host);
  refuseTheRest();
  platform = parts.platform;
  runners = { [SCRIPTS]: createScriptFactory, ...parts.runners };
  channel = openChannel();
  void serve();
}

async function serve(): Promise<never> {
  for (;;) {
    // With no run in flight there is no timer to keep: the thread itself waits for the next frame.
    const { frame, bytes } = runs.size === 0 ? channel.receive() : await channel.receiveLater();
    handle(frame, bytes);
    freeEnded();
    if (runs.size === 0 && !channel.hasFrames) makeSpare();
  }
}

/** Where none stands ready the next run would have to make one: what is made of it before its frame comes, that run does not wait for. */
function makeSpare(): void {
  if (spare === null && ready.length === 0 && configuration.ahead > 0) spare = makeIsolate(configuration.memoryMiB);
}

function handle(frame: Received["frame"], bytes: Uint8Array | undefined): void {
  switch (frame.type) {
    case "setup":
      return keepSetup(frame.setup, textOf(bytes));
    case "common_run":
      return startCommonRun(frame, textOf(bytes));
    case "configure":
      return configure(frame);
    case "prepare":
      return prepare();
    case "script":
      return keepScript(frame.hash, textOf(bytes));
    case "run":
      return startRun(frame, textOf(bytes));
    case "answer":
      return runs.get(frame.run)?.answer(frame.call, frame.answer, bytes, frame.afterMs);
    case "stop":
      return runs.get(frame.run)?.stop();
    case "ping":
      return channel.send({ type: "pong", ping: frame.ping, heaps: weigh() });
    default:
      throw new Error(`unknown frame ${String(frame satisfies never)}`);
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The oldest goes first; the host keeps the same list by the same rule. */
function keepSetup(number: number, text: string): void {
  setups.set(number, JSON.parse(text) as RunSetup);
  if (setups.size > SETUPS_PER_WORKER) setups.delete(setups.keys().next().value!);
}

function startCommonRun({ run, setup, script, cpuTimer, marked, journal }: PositionalRun, input: string): void {
  const common = setups.get(setup);
  if (common === undefined) throw new Error("a run came before what it has in common with others");
  const { entryPoints, preludeData, functions, limits } = common;
  const clock = REAL_CLOCK;
  startRun(
    { type: "run", run, script, entryPoints, preludeData, functions, limits, cpuTimer, clock, journal, marked },
    input,
  );
}

const REAL_CLOCK = { now: null, seed: null };

function configure(frame: ConfigureFrame): void {
  configuration = frame;
  ahead = new Ahead(frame.ahead, frame.image.weight.isolateBytes);
  makeIsolate = runnerOf(frame.image)(frame.image, readHandedFile);
  addIsolate();
  channel.send({ type: "ready", missing: missing() });
}

/** Behind the standard streams and the two channels. */
const FIRST_FILE = 5;

function readHandedFile(index: number): Buffer {
  const descriptor = FIRST_FILE + index;
  const bytes = readFileSync(descriptor);
  closeSync(descriptor);
  return bytes;
}

function runnerOf({ id, runner }: Image): Runner {
  const found = Object.hasOwn(runners, runner) ? runners[runner] : undefined;
  if (found === undefined)
    throw new Error(`the image ${id} wants the runner ${runner}, which this worker does not have`);
  return found;
}

/** The host says when no run waits for this worker: one isolate at a time, so that a run that comes meanwhile waits for one at most. */
function prepare(): void {
  if (missing() > 0) addIsolate();
  if (missing() === 0) platform.readAhead();
  channel.send({ type: "prepared", missing: missing() });
}

function addIsolate(): void {
  const prepared = spare ?? makeIsolate(configuration.memoryMiB);
  spare = null;
  prepared.rehearse();
  if (lastScript && !compilesAhead(prepared, lastScript)) lastScript = null;
  else ready.push(prepared);
}

function missing(): number {
  return Math.max(0, ahead.wanted - ready.length);
}

function startRun(frame: RunFrame, input: string): void {
  const script = scripts.get(frame.script);
  if (!script) throw new Error("a run came before its script");
  lastScript = script;
  ahead.note();
  const marks = frame.marked ? openMarks() : null;
  const isolate = takeIsolate(frame.limits.memoryMiB);
  marks?.mark("isolate_taken");
  const run = new Run(
    frame,
    isolate,
    { channel, thread, platform, marks },
    {
      onEnter: () => turns.enter(frame.run, runs.size > 1),
      onEnd: () => {
        ended.push(frame.run);
        setImmediate(freeEnded);
      },
    },
  );
  runs.set(frame.run, run);
  run.start(script, input);
}

/** From the first such run on the channel notes when frames come. */
function openMarks(): RunMarks {
  const marks = new RunMarks();
  if (channel.wokeAt !== null) marks.mark("worker_woke", channel.wokeAt);
  channel.wokeAt ??= machineTime();
  marks.mark("worker_decoded");
  return marks;
}

/** After the turn in which a run ended has left the stack. */
function freeEnded(): void {
  for (let id = ended.pop(); id !== undefined; id = ended.pop()) {
    const run = runs.get(id);
    runs.delete(id);
    turns.forget(id);
    channel.send({ type: "freed", run: id, missing: missing() });
    run?.release();
  }
}

function takeIsolate(memoryMiB: number): PreparedIsolate {
  const index = ready.findLastIndex((prepared) => prepared.memoryMiB === memoryMiB);
  if (index !== -1) return ready.splice(index, 1)[0]!;
  if (spare?.memoryMiB !== memoryMiB) return makeIsolate(memoryMiB);
  const taken = spare;
  spare = null;
  return taken;
}

/** A hostile script can be too large to compile; that is its own run's end, and no other's. */
function compilesAhead(prepared: PreparedIsolate, script: CachedScript): boolean {
  try {
    prepared.compileAhead(script);
    return true;
  } catch {
    prepared.dispose();
    return false;
  }
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
