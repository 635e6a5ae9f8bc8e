/** Reads a flag that is a point in time. A time without a zone would mean another instant on every machine. */
import type { Arguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";

const FORM = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

export function readInstant({ values }: Arguments, flag: string): string | undefined {
  const asked = values.get(flag);
  if (asked === undefined) return undefined;
  const time = FORM.test(asked) ? new Date(asked.replace(" ", "T").toUpperCase()) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw new InputError("BAD_FLAG", `--${flag} needs an ISO time with its zone, such as 2026-03-02T10:00:00-05:00.`);
  }
  return time.toISOString();
}
