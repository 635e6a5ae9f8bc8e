/**
 * The steps at which a process kills itself, or the database under it, with SIGKILL, so that nothing of it runs on; or stops itself, so that it
 * goes on long after others gave it up.
 */
import { readFileSync, writeSync } from "node:fs";

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
/** What a process passes that does nothing but deliver. */
export const RELAY_MARKS: readonly Mark[] = ["before-send", "after-send", "before-settle", "after-settle"];

/** Both the main thread and a store's thread see it. */
export interface KillOrder {
  readonly mark: Mark;
  /** At which passage. */
  readonly passage: number;
  /** The database server's process, where that is to die and not the one that passes. */
  readonly database: number | null;
  /** Whether the process is stopped there instead; the one that started it lets it go on. */
  readonly freezes?: boolean;
}

export function createMarks(order: KillOrder | null): (mark: Mark) => void {
  let left = order?.passage ?? 0;
  return (mark) => {
    if (order === null || mark !== order.mark) return;
    left -= 1;
    if (left !== 0) return;
    if (order.freezes === true) {
      tell({ type: "frozen" });
      process.kill(process.pid, "SIGSTOP");
    } else if (order.database === null) process.kill(process.pid, "SIGKILL");
    else if (killServer(order.database)) tell({ type: "database killed" });
  };
}

/** The server and all that it started, before any of them can do another thing. False: another was first. */
export function killServer(pid: number): boolean {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number).filter(Boolean);
    for (const each of [pid, ...children]) process.kill(each, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** One line to the parent process; written through, so that a kill right after cannot take it back. */
export function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
