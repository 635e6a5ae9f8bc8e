/** Reads a flag that is a point in time. A time without a zone would mean another instant on every machine. */
import type { Arguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";

const FORM = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

export function readInstant({ values }: Arguments, flag: string): string | undefined {
  const asked = values.get(flag);
  if (asked === undefined) return undefined;
  const time = instantOf(asked);
  if (time === null) {
    throw new InputError("BAD_FLAG", `--${flag} needs an ISO time with its zone, such as 2026-03-02T10:00:00-05:00.`);
  }
  return time.toISOString();
}

/** Null: it is none, or names a day that no month has, which `Date` would carry over into the next. */
export function instantOf(asked: string): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(asked) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (!FORM.test(asked) || date.getUTCMonth() !== Number(month) - 1) return null;
  const time = new Date(asked.replace(" ", "T").toUpperCase());
  return Number.isNaN(time.getTime()) ? null : time;
}
