/** Where the time of a run goes, stage by stage, as the product itself marks it (`baton:stage`, base/stages.ts): medians of the time since the mark before. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { STAGE_CHANNEL, type StageMark } from "../base/stages.ts";
import { EXECUTION_STAGES, type ExecutionStage } from "../runtime/stages.ts";
import { startBaton } from "./baton.ts";
import type { Kind } from "./fixture.ts";
import type { Cell, Table } from "./section.ts";
import { median } from "./stats.ts";

/** What lies between the mark before and this one. */
const WORDS: Readonly<Record<ExecutionStage, string>> = {
  called: "",
  invocation_read: "host: the invocation is read",
  compile_looked_up: "host: the action is looked up",
  begun: "host: the execution id is claimed",
  queued: "host: recorder, egress, host functions",
  placed: "host: queue, a place in a worker process",
  sent: "host: the run's frame is encoded and written",
  worker_woke: "the worker process wakes, and is through with an isolate that it makes",
  worker_decoded: "worker: the frame is decoded",
  isolate_taken: "worker: an isolate, made now where none is there",
  guest_entered: "worker: the run, its door, the action's script",
  call_made: "guest: entered, action up to its call",
  call_woke: "the host process wakes for the call",
  call_read: "host: the call is decoded",
  call_handled: "host: the call is handled, the hand-off recorded",
  call_answered: "host: the answer is encoded and written",
  call_returned: "the worker process wakes for the answer",
  guest_done: "guest: (the rest of) the action, result as text",
  guest_idle: "guest: what was due at once after the result",
  end_sent: "worker: usage, the end's frame is encoded and written",
  host_woke: "the host process wakes",
  result_read: "host: the end is decoded, the result parsed",
  completed: "host: the completion reaches the story",
  settled: "host: settled",
  ended: "host: logged, stored, over",
};

type Laps = Map<ExecutionStage, number[]>;

const CASES: readonly { readonly title: string; readonly kind: Kind; readonly gapMs: number }[] = [
  { title: "one host call, 10 ms apart", kind: "hand-off", gapMs: 10 },
  { title: "no host call, 10 ms apart", kind: "reply", gapMs: 10 },
  { title: "one host call, back to back", kind: "hand-off", gapMs: 0 },
  { title: "no host call, back to back", kind: "reply", gapMs: 0 },
];

export async function stageTable(runs: number): Promise<Table> {
  const measured: Laps[] = [];
  for (const { kind, gapMs } of CASES) measured.push(await lapsOf(kind, gapMs, runs));
  const at = (laps: Laps, stage: ExecutionStage): Cell => {
    const samples = laps.get(stage);
    return samples === undefined ? "" : us(median(samples));
  };
  const rows = EXECUTION_STAGES.slice(1).map((stage) => [WORDS[stage], ...measured.map((laps) => at(laps, stage))]);
  return {
    title: "Stages of a run as the product marks them: medians of each, in µs (the marks themselves are in it)",
    columns: ["stage", ...CASES.map(({ title }) => title)],
    rows: [...rows, ["all of it", ...measured.map((laps) => at(laps, "called"))]],
  };
}

/** Microseconds between two marks in a row; under "called" those of the whole. */
async function lapsOf(kind: Kind, gapMs: number, runs: number): Promise<Laps> {
  const caller = await startBaton();
  const marks = new Map<string, StageMark[]>();
  const onMark = (message: unknown): void => {
    const mark = message as StageMark;
    const own = marks.get(mark.executionId) ?? [];
    marks.set(mark.executionId, own);
    own.push(mark);
  };
  try {
    for (let warm = 0; warm < runs / 4; warm++) {
      await delay(5);
      await caller.execute(kind);
    }
    subscribe(STAGE_CHANNEL, onMark);
    for (let run = 0; run < runs; run++) {
      if (gapMs > 0) await delay(gapMs);
      await caller.execute(kind);
    }
    // The worker's marks of the last run come after its end.
    await delay(20);
  } finally {
    unsubscribe(STAGE_CHANNEL, onMark);
    await caller.close();
  }
  const laps: Laps = new Map();
  // The first run that is followed has the worker note its marks at all.
  for (const each of [...marks.values()].slice(1)) addLaps(laps, each);
  return laps;
}

function addLaps(laps: Laps, marks: readonly StageMark[]): void {
  const add = (stage: ExecutionStage, took: number): void => {
    const samples = laps.get(stage) ?? [];
    laps.set(stage, samples);
    samples.push(took);
  };
  const byStage = new Map(marks.map(({ stage, at }) => [stage, at]));
  let before = byStage.get("called")!;
  add("called", byStage.get("ended")! - before);
  for (const stage of EXECUTION_STAGES.slice(1)) {
    const at = byStage.get(stage);
    if (at === undefined) continue;
    // What is marked once something was written may be marked when the other process is awake already.
    add(stage, Math.max(0, at - before));
    before = Math.max(before, at);
  }
}

const us = (value: number): string => Math.round(value).toLocaleString("en-US");
