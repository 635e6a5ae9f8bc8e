/**
 * Looks at the worker processes from outside while they hold runs: memory against its cap, CPU time against a sign of life, the wall clock.
 * V8's own limits come first; this is for what they do not stop.
 */
import type { RunEnd } from "../completion.ts";
import type { HostRun } from "./host-run.ts";
import type { ImageWeight } from "../image.ts";
import { GRACE_MS, type Slot } from "./slot.ts";
import { stoppedEnd } from "./slot-parts.ts";

/** How often. A guest can overshoot its memory by what it can take in this time. */
export const POLL_MS = 25;
/** Milliseconds after which an ended run counts as stuck where CPU time cannot be read. */
const LINGER_MS = 1_000;
/** Milliseconds after which a process without runs has to have said that the last one is gone, however busy the machine is. */
const LEAVE_MS = 5_000;
/** Milliseconds that a process may take to start, however busy the machine is. */
const START_MS = 30_000;
/** Memory a worker may take beside what its runs are allowed: V8's young generation, compiled code, answers on their way. */
const HEADROOM_BYTES = 96 * 1024 * 1024;
const MIB = 1024 * 1024;
/** Where neighbours would go along: a native call that allocates much (16 MB in fresh pages) ends by itself within this, also on a slow machine. */
const SHARED_MS = 150;
const NODE_BYTES = 128 * MIB;

/** What a worker process may weigh with all its places taken, Node itself included: the cap that the kernel holds where it can. */
export function capBytes(runs: number, memoryMiB: number, { processBytes, isolateBytes }: ImageWeight): number {
  return NODE_BYTES + HEADROOM_BYTES + processBytes + runs * (memoryMiB * MIB + isolateBytes);
}

/** Ends a worker process because of one of its runs, or of none in particular. */
export type EndSlot = (slot: Slot, blamed: HostRun | null, end: RunEnd, reason: string) => void;

export function inspect(slot: Slot, endSlot: EndSlot, now: number = performance.now()): void {
  if (!slot.ready && now - slot.startedAt > START_MS) return slot.worker.kill("it did not get ready");
  const silentMs = slot.ready ? slot.worker.unansweredCpuMs() : null;
  for (const since of slot.lingering.values())
    if (isStuck(slot, now - since, silentMs))
      return endSlot(slot, null, { type: "cancelled" }, "an ended run would not go");
  if (slot.ready && slot.runs.size === 0 && now - slot.lastEndedAt > LEAVE_MS)
    return endSlot(slot, null, { type: "cancelled" }, "an ended run was never gone");
  for (const run of slot.runs.values()) if (inspectTime(slot, run, now, endSlot)) return;
  if (slot.ready && slot.runs.size > 0 && !inspectCpu(slot, silentMs, endSlot)) inspectMemory(slot, now, endSlot);
}

/** A process that is merely not scheduled is not stuck: it has to have computed all that time without a sign of life. */
function isStuck(slot: Slot, milliseconds: number, silentMs: number | null): boolean {
  const graceMs = graceOf(slot);
  return milliseconds > graceMs + POLL_MS && (silentMs === null ? milliseconds > LINGER_MS : silentMs > graceMs);
}

/** What passes before a process that owes a sign of life is taken to be stuck: it may be making an isolate for each of its runs. */
const graceOf = ({ weight, load }: Slot): number =>
  GRACE_MS + (load > 1 ? SHARED_MS : 0) + weight.isolateMs * (1 + load);

/**
 * True if the process had to be ended. The worker keeps the exact time: in a process of several runs only it knows for how long a run had to
 * wait for another one to compute, which is at most the wall limit once more.
 */
function inspectTime(slot: Slot, run: HostRun, now: number, endSlot: EndSlot): boolean {
  const waitedMs = slot.runs.size === 1 && !slot.wasShared ? 0 : run.request.limits.wallMs;
  if (run.overdueMs > 0) slot.precedence.hurry();
  if (run.overdueMs > graceOf(slot) + waitedMs) slot.stop(run, "wall");
  const stop = slot.stopping.get(run.id);
  if (stop === undefined || now - stop.since < graceOf(slot)) return false;
  // Where another run computes, this one only waits for the thread: the CPU limit ends that wait.
  if (slot.current !== run) return false;
  const end = stop.reason === "wall" ? ({ ...stoppedEnd("wall"), waiting: false } as RunEnd) : stoppedEnd(stop.reason);
  endSlot(slot, run, end, "a run would not stop");
  return true;
}

function inspectCpu(slot: Slot, silentMs: number | null, endSlot: EndSlot): boolean {
  if (silentMs === null) return false;
  if (slot.runs.size === 1) slot.current?.noteCpu(silentMs);
  const { current } = slot;
  if (current === null) return false;
  const overCpu = silentMs > graceOf(slot) + current.request.limits.cpuMs;
  // It computes, and gives no sign of life: the thread is its own, however many others wait for it.
  const overWall = silentMs > graceOf(slot) + current.request.limits.wallMs;
  if (!overCpu && !overWall) return false;
  const end: RunEnd = { type: "timed_out", limit: overCpu ? "cpu" : "wall", stack: null, waiting: false };
  endSlot(slot, current, end, "a run computed past its limit");
  return true;
}

function inspectMemory(slot: Slot, now: number, endSlot: EndSlot): void {
  const grown = slot.worker.grownBytes;
  if (grown === null) return;
  const runs = [...slot.runs.values()];
  if (runs.length === 1) runs[0]!.notePeak(grown);
  slot.noteGrowth(grown);
  if (grown <= allowedBytes(slot, runs, grown)) return;
  const blamed = grewMost(slot, runs) ?? overLimit(slot) ?? slot.computing ?? heaviest(slot);
  if (blamed !== null && runs.length > 1 && endsAlone(slot, blamed, now)) return;
  endSlot(slot, blamed, { type: "out_of_memory", stack: null }, "its memory went over the cap");
}

/** A worker that answers is asked to end the one to blame, and given a moment for it, so that its neighbours need not pay for it. */
function endsAlone(slot: Slot, run: HostRun, now: number): boolean {
  const stop = slot.stopping.get(run.id);
  if (stop !== undefined) return now - stop.since < graceOf(slot);
  if (slot.worker.isSilent) return false;
  slot.stop(run, "memory");
  return true;
}

/**
 * What the process may have taken by now. Those who have left may have left memory behind, and who is still there is not to blame for it: it is
 * measured as soon as the worker gives a sign of life, and until then the cap of the whole process holds.
 */
function allowedBytes(slot: Slot, runs: readonly HostRun[], grown: number): number {
  const due = runs.reduce((sum, run) => sum + dueTo(slot, run), HEADROOM_BYTES);
  const own = runs.reduce((sum, run) => sum + Math.min(run.grownBytes, due), 0);
  return slot.allowedBytes(grown, due, own);
}

/** A run's own memory, and that of the isolate that is made ready in its place. */
function dueTo({ weight }: Slot, run: HostRun): number {
  return run.request.limits.memoryMiB * MIB + weight.isolateBytes;
}

/**
 * The run in whose turns the process grew furthest past what that run may take. V8 does not weigh all memory, so an isolate can look light
 * that has taken most of it, and then a neighbour with an honest heap would look heavy beside it.
 */
function grewMost(slot: Slot, runs: readonly HostRun[]): HostRun | null {
  let most: HostRun | null = null;
  let mostOver = 0;
  for (const run of runs) {
    const over = run.grownBytes - dueTo(slot, run);
    if (over > mostOver) [most, mostOver] = [run, over];
  }
  return most;
}

/** The run whose isolate alone weighs more than it may. */
function overLimit(slot: Slot): HostRun | null {
  const runs = [...slot.runs.values()];
  return runs.find((run) => slot.heapBytes(run) > run.request.limits.memoryMiB * MIB) ?? null;
}

/** The run whose isolate weighs more than all the others together, by what the worker last reported. */
function heaviest(slot: Slot): HostRun | null {
  const weights = [...slot.runs.values()].map((run) => ({ run, bytes: slot.heapBytes(run) }));
  const total = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  return weights.find(({ bytes }) => bytes > total - bytes)?.run ?? null;
}
