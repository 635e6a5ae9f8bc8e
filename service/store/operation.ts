/** Operations of the service, and how they ask: by the statement itself, for all of its rows or the first. */
import type { Operation, Question } from "../../storage/statements.ts";
import type { SqlRow, SqlValue } from "../../storage/sql.ts";
import { nameOf } from "./statements/index.ts";

export type { Operation };
export type Values = Readonly<Record<string, SqlValue>>;

export function* all<R = SqlRow>(text: string, values: Values = {}): Generator<Question, readonly R[], unknown> {
  return (yield { name: nameOf(text), input: values }) as readonly R[];
}

export function* first<R = SqlRow>(text: string, values: Values = {}): Generator<Question, R | null, unknown> {
  return ((yield { name: nameOf(text), input: values }) as readonly R[])[0] ?? null;
}
