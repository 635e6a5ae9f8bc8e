/** Every statement of the service under a name, in the spelling of each database. */
import type { SqlStatements } from "../../../storage/sql.ts";
import * as actions from "./actions.ts";
import * as audit from "./audit.ts";
import { spelled, type Dialect } from "./dialect.ts";
import * as keys from "./keys.ts";
import * as platform from "./platform.ts";
import * as recordings from "./recordings.ts";
import * as shares from "./shares.ts";
import * as runs from "./runs.ts";
import * as tenants from "./tenants.ts";

const MODULES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  actions,
  audit,
  keys,
  platform,
  recordings,
  runs,
  shares,
  tenants,
};

const TEXTS: ReadonlyMap<string, string> = new Map(
  Object.entries(MODULES).flatMap(([module, statements]) =>
    Object.entries(statements).map(([name, text]) => [`${module}.${name}`, text] as const),
  ),
);
const NAMES: ReadonlyMap<string, string> = new Map([...TEXTS].map(([name, text]) => [text, name]));

export function nameOf(text: string): string {
  const name = NAMES.get(text);
  if (name === undefined) throw new Error("The service has no such statement.");
  return name;
}

export function statementsIn(dialect: Dialect): SqlStatements {
  return Object.fromEntries(
    [...TEXTS].map(([name, text]) => [name, { text: spelled(text, dialect), read: (rows) => rows }]),
  );
}
