/**
 * `Retry-After`, as RFC 9110 has it: whole seconds, or a date in one of three spellings. A date is read by the clock that wrote it, where the
 * answer says what that clock shows. Anything else says nothing, and the relay's own pauses do.
 */
import type { IncomingResponse } from "./transport.ts";

const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:\w{3}) \d{4} \d\d:\d\d:\d\d GMT$/i;
const RFC850 = /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/i;
/** The oldest of the three names no zone, and means GMT. */
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/i;

/** Null: nothing was said. `sent` stands in for a `Date` that is missing. */
export function retryAfterMs(headers: IncomingResponse["headers"], sent: number): number | null {
  const header = headers["retry-after"]?.trim() ?? "";
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, Number.MAX_SAFE_INTEGER);
  const shown = httpDate(headers["date"]?.trim() ?? "");
  const ms = httpDate(header) - (Number.isNaN(shown) ? sent : shown);
  return ms >= 0 ? ms : null;
}

function httpDate(text: string): number {
  if (IMF.test(text) || RFC850.test(text)) return Date.parse(text);
  return ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
