/** Reasons that are written out and longer than the human will get to read. */
import { handOffCalls } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { leastText } from "../syntax.ts";
import type { Source } from "../syntax.ts";

const MOST = 500;

export function reasonTooLong(source: Source, report: Report): void {
  for (const { reason } of handOffCalls(source)) {
    const length = reason === null ? 0 : Array.from(leastText(source, reason)).length;
    if (reason !== null && length > MOST) {
      report("REASON_TOO_LONG", reason, `The reason has ${length} characters; the human gets the first ${MOST}.`);
    }
  }
}
