/** Marks of a run: what a worker writes down of one run that the host follows: the stages that it reached, by the clock that both processes read. */
import { machineTime } from "../../base/machine-time.ts";
import { MAX_MARKS, type WorkerMark, type WorkerStage } from "../protocol/stages.ts";

export class RunMarks {
  readonly made: WorkerMark[] = [];

  mark(stage: WorkerStage, at = machineTime()): void {
    if (this.made.length < MAX_MARKS) this.made.push([stage, at]);
  }
}
