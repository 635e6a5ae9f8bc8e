/** The exit statuses of the commands: scripts and CI rely on these three numbers. */
import type { Status } from "../runtime/outcome.ts";

export const EXIT = {
  /** The action returned. */
  ok: 0,
  /** It began and did not return: it threw, timed out, ran out of memory, crashed or was cancelled. */
  failed: 1,
  /** It never began: a bad flag, an unreadable file, source that does not compile, a bad context. */
  invalid: 2,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

const STATUSES: Readonly<Record<Status, ExitStatus>> = {
  returned: EXIT.ok,
  threw: EXIT.failed,
  timed_out: EXIT.failed,
  out_of_memory: EXIT.failed,
  crashed: EXIT.failed,
  cancelled: EXIT.failed,
  refused: EXIT.failed,
  invalid: EXIT.invalid,
};

export function exitStatusOf(status: Status): ExitStatus {
  return STATUSES[status];
}
