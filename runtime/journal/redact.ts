/**
 * Redaction of recordings: what is taken out of a recording: the values of secrets, and what the host named by paths. A value that stands at such a path
 * is taken out of everything else in the recording as well, for an action passes on what it was given.
 */
import { membersOf } from "../../base/large-json/members.ts";
import { parseJson } from "../../base/large-json/read.ts";
import { writeJson } from "../../base/large-json/write.ts";
import type { MaybePromise } from "../../base/promises.ts";
import { createStride } from "../../base/slices.ts";
import type { Slices, Stride } from "../../base/slices.ts";
import { NO_REDACTION, createTextRedactor } from "../../host-api/fetch/index.ts";
import type { Redactor } from "../../host-api/fetch/index.ts";
import type { Json } from "../../sandbox/index.ts";
import type { Outcome } from "../outcome.ts";
import { redactLong } from "../redact-outcome.ts";
import { replaceTexts } from "../replace-texts.ts";
import { EVERY, readPath } from "./paths.ts";
import type { Step } from "./paths.ts";
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
  const found: Found = { texts: new Set(), numbers: new Set() };
  const taken: string[] = [];
  for (const path of paths)
    if (await redactAt(recording.context, readPath(path) ?? [], found, slices)) taken.push(path);
  const text = await cleaner(found, secrets, slices);
  const { host, outcome } = recording;
  const calls: RecordedCall[] = [];
  for (const call of recording.calls) calls.push(await redactCall(call, text));
  const receipts: Recording["host"]["receipts"] = [];
  for (const receipt of host.receipts) receipts.push(await withText(receipt, ["message"], text));
  const clean = {
    ...recording,
    context: await redactAll(recording.context, text, true),
    calls,
    host: { ...host, receipts },
    outcome: await redactRecorded(outcome, text),
  };
  const redacted = [...taken, ...(text.heldSecrets() ? ["secrets"] : [])];
  return { ...clean, redacted: redacted.length === 0 ? null : redacted };
}

interface Clean {
  (input: string): MaybePromise<string>;
  /** The name of a member, which is always here at once. */
  readonly key: (input: string) => string;
  readonly heldSecrets: () => boolean;
  readonly slices: Slices;
  readonly numbers: ReadonlySet<number>;
}

/** What stood at the paths. */
interface Found {
  readonly texts: Set<string>;
  /** Those of so many digits that they say something. */
  readonly numbers: Set<number>;
}

/** A longer text is looked through in slices. */
const SHORT_TEXT = 512;

async function cleaner({ texts: found, numbers }: Found, secrets: Redactor, slices: Slices): Promise<Clean> {
  const inside = await searchFor(found, slices);
  let heldSecrets = false;
  const hold = (clean: string, input: string): string => {
    heldSecrets ||= clean !== input;
    return clean;
  };
  const key = (input: string): string => {
    const clean = hold(secrets.text(input), input);
    return found.has(clean) ? REDACTED : inside.text(clean);
  };
  const long = async (input: string): Promise<string> => {
    const clean = hold(await redactLong(input, secrets, slices), input);
    return found.has(clean) ? REDACTED : redactLong(clean, inside, slices);
  };
  const text = (input: string): MaybePromise<string> => (input.length <= SHORT_TEXT ? key(input) : long(input));
  return Object.assign(text, { key, heldSecrets: () => heldSecrets, slices, numbers });
}

/** Only what a person or an action said: the words of ours around it stay. */
async function redactRecorded(outcome: Outcome, text: Clean): Promise<Outcome> {
  const { handoff, intents, logs, error, returnValue, warnings } = outcome;
  const inner = error?.inner && (await each(error.inner, (one) => withText(one, ["title", "frame"], text)));
  return {
    ...outcome,
    ...(returnValue !== undefined && {
      returnValue: await redactAll(await copyOf(returnValue, text.slices), text, true),
    }),
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

/** Takes out what stands at the path, in place; texts that stood there are added to `found`. Gives whether anything did. */
async function redactAt(context: Json, path: readonly Step[], found: Found, slices: Slices): Promise<boolean> {
  const step = createStride(slices);
  let isTaken = false;
  for (const [into, key] of placesAt({ context }, "context", path)) {
    const pause = step();
    if (pause !== undefined) await pause;
    isTaken = true;
    await empty(into, key, found, step);
  }
  return isTaken;
}

/** One by one: a list of a hundred thousand of them would take a collection of garbage longer than the walk. */
function* placesAt(
  into: Fields,
  key: string | number,
  path: readonly Step[],
): Generator<readonly [into: Fields, key: string | number], void> {
  const [name, ...rest] = path;
  if (name === undefined) return yield [into, key];
  const value = into[key]!;
  if (value === null || typeof value !== "object") return;
  const fields = value as Fields;
  if (name !== EVERY) {
    if (isMember(value, name)) yield* placesAt(fields, name, rest);
  } else for (const [own] of membersOf(value)) yield* placesAt(fields, own, rest);
}

/** Every value that stands there, at any depth; lists and objects stay. */
async function empty(into: Fields, key: string | number, found: Found, step: Stride): Promise<void> {
  const value = into[key]!;
  if (value === null || typeof value !== "object") {
    into[key] = emptied(value, found);
    return;
  }
  const open = [value as Fields];
  for (let fields = open.pop(); fields !== undefined; fields = open.pop())
    for (const [own, one] of membersOf(fields)) {
      const pause = step();
      if (pause !== undefined) await pause;
      if (one === null || typeof one !== "object") fields[own] = emptied(one, found);
      else open.push(one as Fields);
    }
}

type Fields = Record<string | number, Json>;

const isMember = (value: object, key: string): boolean => Object.prototype.propertyIsEnumerable.call(value, key);

/** A value of the same kind that says nothing. */
function emptied(value: Json, { texts, numbers }: Found): Json {
  if (typeof value === "number") {
    const digits = String(value);
    if (digits.length >= SHORTEST_INSIDE) {
      numbers.add(value);
      texts.add(digits);
    }
    return 0;
  }
  if (typeof value !== "string") return null;
  if (ISO_TIME.test(value)) return NO_TIME;
  if (value !== "") texts.add(value);
  return REDACTED;
}

/** A conversation may have thousands of them, and an answer megabytes: looking through a text costs its length, however many are sought. */
async function searchFor(found: ReadonlySet<string>, slices: Slices): Promise<Pick<Redactor, "text" | "stream">> {
  const step = createStride(slices);
  const inside = new Set<string>();
  for (const value of found) {
    const pause = step();
    if (pause !== undefined) await pause;
    if (value.length < SHORTEST_INSIDE) continue;
    inside.add(value);
    // As JSON text that stands in JSON text has it.
    inside.add(JSON.stringify(value).slice(1, -1));
  }
  return createTextRedactor([...inside], slices);
}

/** In place: the value was read from text, and nothing else holds it. */
async function redactAll(value: Json, text: Clean, withKeys: boolean): Promise<Json> {
  const clean = await replaceTexts(value, { text, ...(withKeys && { key: text.key }) }, text.slices);
  return text.numbers.size === 0 ? clean : emptyNumbers(clean, text);
}

async function emptyNumbers(value: Json, { numbers, slices }: Clean): Promise<Json> {
  const step = createStride(slices);
  const root: Fields = { value };
  const open: Fields[] = [root];
  for (let at = 0; at < open.length; at++) {
    const into = open[at]!;
    for (const [key, one] of membersOf(into)) {
      const pause = step();
      if (pause !== undefined) await pause;
      if (typeof one === "number" && numbers.has(one)) into[key] = 0;
      else if (typeof one === "object" && one !== null) open.push(one as Fields);
    }
  }
  return root["value"]!;
}

/** The caller has the outcome's own. */
async function copyOf(value: Json, slices: Slices): Promise<Json> {
  return parseJson((await writeJson(value, { slices })) as string, slices);
}

/** Bytes that are no text are looked through as far as they hold text of one byte a character. */
async function redactBytes(given: RecordedBytes, text: Clean): Promise<RecordedBytes> {
  if ("text" in given) return { text: await text(given.text) };
  const read = Buffer.from(given.base64, "base64").toString("latin1");
  const clean = await text(read);
  return clean === read ? given : { base64: Buffer.from(clean, "latin1").toString("base64") };
}
