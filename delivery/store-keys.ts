/**
 * Keys of the store. What the contract allows, every store holds: made so here, once, before the stores. Names of any length and with any character are kept
 * under keys that each database can index and compare: a name that is short and plain is its own key, another is kept by its hash, with the
 * name itself beside it. Text that people wrote loses what PostgreSQL cannot hold: U+0000 and lone surrogates become U+FFFD.
 */
import { keyOf } from "./store-names.ts";
import type { HandoffStore } from "./store-schema.ts";

const NAMES = ["tenant", "conversationId", "executionId"] as const;
const TEXTS: ReadonlySet<string> = new Set(["reason", "code", "phoneDestination", "intentId"]);

const holdable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

type Fields = Record<string, unknown>;

/** Rows, filters and what holds them; text is JSON already where it is deeper. */
function toKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.some((item) => typeof item === "object") ? value.map(toKeys) : value;
  if (typeof value !== "object" || value === null) return value;
  const fields: Fields = {};
  const names: Fields = {};
  for (const [field, given] of Object.entries(value)) {
    if (typeof given !== "string") fields[field] = toKeys(given);
    else if (TEXTS.has(field)) fields[field] = holdable(given);
    else fields[field] = given;
  }
  for (const field of NAMES) {
    const name = fields[field];
    if (typeof name !== "string") continue;
    const key = keyOf(name);
    if (key === name) continue;
    fields[field] = key;
    names[field] = name;
  }
  return Object.keys(names).length > 0 ? { ...fields, ids: JSON.stringify(names) } : fields;
}

function toNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toNames);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([field, given]) => [field, toNames(given)])) as Fields;
  const { ids, ...rest } = fields;
  return typeof ids === "string" ? { ...rest, ...(JSON.parse(ids) as object) } : rest;
}

export function keyedStore(store: HandoffStore): HandoffStore {
  return {
    ...store,
    run: async (name, input) => toNames(await store.run(name, toKeys(input) as typeof input)) as never,
  };
}
