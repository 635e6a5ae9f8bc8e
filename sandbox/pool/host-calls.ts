/** Answers the host calls of the runs in one worker. A call that a worker of ours would have refused by itself ends the process. */
import { isPromise } from "../../base/promises.ts";
import type { StageMarks } from "../../base/stages.ts";
import type { Answered } from "./answers.ts";
import type { HostRun } from "./host-run.ts";
import type { SlotWorker } from "./slot-parts.ts";

type Runs = ReadonlyMap<number, HostRun>;
type CallWorker = Pick<SlotWorker, "answerSync" | "kill" | "send" | "wokeAt">;

const REFUSED = "it made a call that it may not make";

interface SyncCall {
  readonly run: number;
  readonly name: string;
  readonly args: string;
}

/** The worker stands still until this is answered, and so does the clock of every run in it. */
export function answerSync(runs: Runs, worker: CallWorker, { run: id, name, args }: SyncCall): void {
  const run = runs.get(id);
  if (!run?.admits({ name, args }, "sync")) return worker.kill(REFUSED);
  const { stages } = run.request;
  stages?.mark("call_woke", worker.wokeAt!);
  stages?.mark("call_read");
  const answered = run.call({ name, args });
  if (isPromise(answered)) return void answerLater(runs, worker, answered, stages);
  stages?.mark("call_handled");
  worker.answerSync(answered.head.answer);
  stages?.mark("call_answered");
}

async function answerLater(
  runs: Runs,
  worker: CallWorker,
  answered: Promise<Answered>,
  stages: StageMarks | undefined,
): Promise<void> {
  for (const each of runs.values()) each.pause();
  const { head } = await answered;
  for (const each of runs.values()) each.resume();
  stages?.mark("call_handled");
  worker.answerSync(head.answer);
  stages?.mark("call_answered");
}

interface AsyncCall {
  readonly call: number;
  readonly name: string;
  readonly args: string;
}

export async function answerAsync(
  runs: Runs,
  worker: CallWorker,
  run: HostRun,
  { call, name, args }: AsyncCall,
  bytes: Uint8Array | undefined,
): Promise<void> {
  if (!run.admits({ name, args }, "async")) return worker.kill(REFUSED);
  const answered = await run.waitFor(run.call({ name, args }, bytes));
  if (runs.has(run.id)) worker.send({ type: "answer", run: run.id, call, ...answered.head }, answered.bytes);
}
