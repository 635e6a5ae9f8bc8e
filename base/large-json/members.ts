/**
 * The members of a list or object, one by one: a list's places made into text as `Object.keys` makes them, a hundred thousand at once, would take longer
 * than the event loop may stand still.
 */
import type { Json } from "../json.ts";

export function* membersOf(value: object): Generator<readonly [key: string | number, value: Json], void> {
  const fields = value as Readonly<Record<string | number, Json>>;
  if (Array.isArray(value)) for (let at = 0; at < value.length; at++) yield [at, fields[at]!];
  else for (const key of Object.keys(value)) yield [key, fields[key]!];
}
