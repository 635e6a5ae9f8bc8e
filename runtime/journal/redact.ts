/**
 * What is taken out of a recording: the values of secrets, and what the host named by paths. A value that stands at such a path is taken out of
 * everything else in the recording as well, for an action passes on what it was given.
 */
import type { Slices } from "../../base/slices.ts";
import { NO_REDACTION, createTextRedactor } from "../../host-api/fetch/index.ts";
import type { Redactor } from "../../host-api/fetch/index.ts";
import type { Json } from "../../sandbox/index.ts";
import type { Outcome } from "../outcome.ts";
import { redactLong } from "../redact-outcome.ts";
import { readPath, standsAt } from "./paths.ts";
import type { Recording, RecordedBytes, RecordedCall } from "./recording.ts";

const REDACTED = "[redacted]";
const NO_TIME = "1970-01-01T00:00:00.000Z";
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
/** A shorter text is taken out where it stands alone, not out of the middle of others. */
const SHORTEST_INSIDE = 4;

export async function redactRecording(
  recording: Recording,
  paths: readonly string[],
  secrets: Redactor,
  slices: Slices,
): Promise<Recording> {
  if (paths.length === 0 && secrets === NO_REDACTION) return recording;
  const found = new Set<string>();
  let context = recording.context;
  for (const path of paths) context = redactAt(context, readPath(path) ?? [], found);
  const takeOut = await textRedactor(found, slices);
  let heldSecrets = false;
  const take = async (input: string): Promise<string> => {
    const clean = await redactLong(input, secrets, slices);
    heldSecrets ||= clean !== input;
    return takeOut(clean);
  };
  const text: Clean = Object.assign(take, { slices });
  const { host, outcome } = recording;
  const calls: RecordedCall[] = [];
  for (const call of recording.calls) calls.push(await redactCall(call, text));
  const receipts: Recording["host"]["receipts"] = [];
  for (const receipt of host.receipts) receipts.push(await withText(receipt, ["message"], text));
  const clean = {
    ...recording,
    context: await redactAll(context, text, true),
    calls,
    host: { ...host, receipts },
    outcome: await redactOutcome(outcome, text),
  };
  const redacted = [...paths.filter((path) => standsAt(recording.context, path)), ...(heldSecrets ? ["secrets"] : [])];
  return { ...clean, redacted: redacted.length === 0 ? null : redacted };
}

interface Clean {
  (input: string): Promise<string>;
  readonly slices: Slices;
}

/** Only what a person or an action said: the words of ours around it stay. */
async function redactOutcome(outcome: Outcome, text: Clean): Promise<Outcome> {
  const { handoff, intents, logs, error, returnValue, warnings } = outcome;
  const inner = error?.inner && (await each(error.inner, (one) => withText(one, ["title", "frame"], text)));
  return {
    ...outcome,
    ...(returnValue !== undefined && { returnValue: await redactAll(returnValue, text, true) }),
    handoff: handoff && (await withText(handoff, SAID, text)),
    intents: await each(intents, (intent) => withText(intent, SAID, text)),
    logs: await each(logs, (line) => withText(line, ["message"], text)),
    // What the class of the result is called.
    warnings: await each(warnings, async (warning) =>
      warning.code === "RESULT_EMPTIED" ? withText(warning, SAID, text) : warning,
    ),
    ...(error && {
      error: { ...(await withText(error, ["name", "message", "stack", "frame"], text)), ...(inner && { inner }) },
    }),
  } as Outcome;
}

async function each<T>(items: readonly T[], clean: (item: T) => Promise<T>): Promise<T[]> {
  const cleaned: T[] = [];
  for (const item of items) cleaned.push(await clean(item));
  return cleaned;
}

const SAID = ["reason", "phoneDestination", "message"];

async function withText<T extends object>(value: T, keys: readonly string[], text: Clean): Promise<T> {
  const said: [string, unknown][] = [];
  for (const [key, own] of Object.entries(value))
    said.push([key, typeof own === "string" && keys.includes(key) ? await text(own) : own]);
  return Object.fromEntries(said) as T;
}

async function redactCall(
  { args, bytes, answer, answerBytes, ...call }: RecordedCall,
  text: Clean,
): Promise<RecordedCall> {
  const said = answer && "value" in answer ? { value: await redactAll(answer.value, text, false) } : answer;
  return {
    ...call,
    args: await redactAll(args, text, false),
    ...(bytes && { bytes: await redactBytes(bytes, text) }),
    ...(said && { answer: said }),
    ...(answerBytes && { answerBytes: await redactBytes(answerBytes, text) }),
  };
}

/** The value with what stands at the path taken out; texts that stood there are added to `found`. */
function redactAt(value: Json, [key, ...rest]: readonly string[], found: Set<string>): Json {
  if (key === undefined) return leaf(value, found);
  if (value === null || typeof value !== "object") return value;
  const isHere = (own: string): boolean => key === "*" || own === key;
  if (Array.isArray(value)) {
    return value.map((item: Json, index) => (isHere(String(index)) ? redactAt(item, rest, found) : item));
  }
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return fromEntries(entries.map(([own, item]) => [own, isHere(own) ? redactAt(item, rest, found) : item]));
}

function leaf(value: Json, found: Set<string>): Json {
  if (typeof value === "string") {
    if (value !== "" && !ISO_TIME.test(value)) found.add(value);
    return ISO_TIME.test(value) ? NO_TIME : REDACTED;
  }
  if (typeof value === "number") return 0;
  if (typeof value === "boolean" || value === null) return null;
  if (Array.isArray(value)) return value.map((item: Json) => leaf(item, found));
  return fromEntries(Object.entries(value).map(([key, item]) => [key, leaf(item as Json, found)]));
}

/** A conversation may have thousands of them, and an answer megabytes: looking through a text costs its length, however many are sought. */
async function textRedactor(found: ReadonlySet<string>, slices: Slices): Promise<(input: string) => Promise<string>> {
  if (found.size === 0) return (input) => Promise.resolve(input);
  const inside = new Set<string>();
  for (const value of found) {
    if (value.length < SHORTEST_INSIDE) continue;
    inside.add(value);
    // As JSON text inside a text has it.
    inside.add(JSON.stringify(value).slice(1, -1));
  }
  const redactor = await createTextRedactor([...inside], () => slices.pause());
  return (input) => (found.has(input) ? Promise.resolve(REDACTED) : redactLong(input, redactor, slices));
}

async function redactAll(value: Json, text: Clean, withKeys: boolean): Promise<Json> {
  if (typeof value === "string") return text(value);
  if (value === null || typeof value !== "object") return value;
  await text.slices.pause();
  const isOpen = (item: Json): boolean => typeof item === "string" || (item !== null && typeof item === "object");
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value as readonly Json[])
      items.push(isOpen(item) ? await redactAll(item, text, withKeys) : item);
    return items;
  }
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value as { readonly [key: string]: Json }))
    entries.push([withKeys ? await text(key) : key, isOpen(item) ? await redactAll(item, text, withKeys) : item]);
  return fromEntries(entries);
}

/** Bytes that are no text are looked through as far as they hold text of one byte a character. */
async function redactBytes(given: RecordedBytes, text: Clean): Promise<RecordedBytes> {
  if ("text" in given) return { text: await text(given.text) };
  const read = Buffer.from(given.base64, "base64").toString("latin1");
  const clean = await text(read);
  return clean === read ? given : { base64: Buffer.from(clean, "latin1").toString("base64") };
}

/** Own keys whatever they are called. */
function fromEntries(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(entries) as Json;
}
