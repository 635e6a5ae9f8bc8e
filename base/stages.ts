/**
 * Stages of one execution: when each was reached, published on a channel of `node:diagnostics_channel` while something subscribes to it. Without a
 * subscriber an execution has no `StageMarks`, and each place that would mark a stage asks one variable for null.
 * Times are those of machine-time.ts, so that what a worker process marks stands on one line with what the host marks.
 */
import { channel } from "node:diagnostics_channel";
import { machineTime } from "./machine-time.ts";

export const STAGE_CHANNEL = "baton:stage";

export interface StageMark {
  readonly executionId: string;
  readonly stage: string;
  /** Microseconds of the machine's monotonic clock. */
  readonly at: number;
}

const marks = channel(STAGE_CHANNEL);

/** Where marks are made before it is known whose they are. Null while nothing subscribes. */
export function openStages(): StageMarks | null {
  return marks.hasSubscribers ? new StageMarks() : null;
}

export class StageMarks {
  readonly #early: (readonly [stage: string, at: number])[] = [];
  #executionId: string | null = null;

  mark(stage: string, at = machineTime()): void {
    if (this.#executionId === null) this.#early.push([stage, at]);
    else this.#publish(stage, at);
  }

  /** From here on it is known whose they are. */
  name(executionId: string): void {
    this.#executionId = executionId;
    for (const [stage, at] of this.#early.splice(0)) this.#publish(stage, at);
  }

  #publish(stage: string, at: number): void {
    marks.publish({ executionId: this.#executionId!, stage, at } satisfies StageMark);
  }
}
