/** The steps at which a process is killed: by itself, with SIGKILL, so that nothing of it runs on. */
import { writeSync } from "node:fs";

export const MARKS = [
  "before-claim",
  "after-claim",
  "before-commit",
  "after-commit",
  "before-answer",
  "after-answer",
  "before-send",
  "after-send",
  "before-settle",
  "after-settle",
] as const;
export type Mark = (typeof MARKS)[number];

/** Both the main thread and a store's thread see it. */
export interface KillOrder {
  readonly mark: Mark;
  /** At which passage. */
  readonly passage: number;
}

export function createMarks(order: KillOrder | null): (mark: Mark) => void {
  let left = order?.passage ?? 0;
  return (mark) => {
    if (order === null || mark !== order.mark) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  };
}

/** One line to whoever watches; written through, so that a kill right after cannot take it back. */
export function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
