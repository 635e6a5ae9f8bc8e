/**
 * What is taken out of a recording: the values of secrets, and what the host named by paths. A value that stands at such a path is taken out of
 * everything else in the recording as well, for an action passes on what it was given.
 */
import { NO_REDACTION } from "../../host-api/fetch/index.ts";
import type { Redactor } from "../../host-api/fetch/index.ts";
import type { Json } from "../../sandbox/index.ts";
import type { Outcome } from "../outcome.ts";
import { readPath, standsAt } from "./paths.ts";
import type { Recording, RecordedBytes, RecordedCall } from "./recording.ts";

const REDACTED = "[redacted]";
const NO_TIME = "1970-01-01T00:00:00.000Z";
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
/** A shorter text is taken out where it stands alone, not out of the middle of others. */
const SHORTEST_INSIDE = 4;

export function redactRecording(recording: Recording, paths: readonly string[], secrets: Redactor): Recording {
  if (paths.length === 0 && secrets === NO_REDACTION) return recording;
  const found = new Set<string>();
  let context = recording.context;
  for (const path of paths) context = redactAt(context, readPath(path) ?? [], found);
  const takeOut = textRedactor(found);
  let heldSecrets = false;
  const text = (input: string): string => {
    const clean = secrets.text(input);
    heldSecrets ||= clean !== input;
    return takeOut(clean);
  };
  const { calls, host, outcome } = recording;
  const clean = {
    ...recording,
    context: redactAll(context, text, true),
    calls: calls.map((call) => redactCall(call, text)),
    host: { ...host, receipts: host.receipts.map((receipt) => withText(receipt, ["message"], text)) },
    outcome: redactOutcome(outcome, text),
  };
  const redacted = [...paths.filter((path) => standsAt(recording.context, path)), ...(heldSecrets ? ["secrets"] : [])];
  return { ...clean, redacted: redacted.length === 0 ? null : redacted };
}

type Clean = (input: string) => string;

/** Only what a person or an action said: the words of ours around it stay. */
function redactOutcome(outcome: Outcome, text: Clean): Outcome {
  const { handoff, intents, logs, error, returnValue } = outcome;
  return {
    ...outcome,
    ...(returnValue !== undefined && { returnValue: redactAll(returnValue, text, true) }),
    handoff: handoff && withText(handoff, SAID, text),
    intents: intents.map((intent) => withText(intent, SAID, text)),
    logs: logs.map((line) => withText(line, ["message"], text)),
    ...(error && {
      error: {
        ...withText(error, ["name", "message", "stack", "frame"], text),
        ...(error.inner && { inner: error.inner.map((each) => withText(each, ["title", "frame"], text)) }),
      },
    }),
  } as Outcome;
}

const SAID = ["reason", "phoneDestination", "message"];

function withText<T extends object>(value: T, keys: readonly string[], text: Clean): T {
  const said = Object.entries(value).map(([key, own]): [string, unknown] => [
    key,
    typeof own === "string" && keys.includes(key) ? text(own) : own,
  ]);
  return Object.fromEntries(said) as T;
}

function redactCall({ args, bytes, answer, answerBytes, ...call }: RecordedCall, text: Clean): RecordedCall {
  return {
    ...call,
    args: redactAll(args, text, false),
    ...(bytes && { bytes: redactBytes(bytes, text) }),
    ...(answer && { answer: "value" in answer ? { value: redactAll(answer.value, text, false) } : answer }),
    ...(answerBytes && { answerBytes: redactBytes(answerBytes, text) }),
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

/** The longest first: one may be a part of another. */
function textRedactor(found: ReadonlySet<string>): (input: string) => string {
  if (found.size === 0) return (input) => input;
  const inside = [...found].filter(({ length }) => length >= SHORTEST_INSIDE).toSorted((a, b) => b.length - a.length);
  return (input) => {
    if (found.has(input)) return REDACTED;
    let text = input;
    for (const value of inside) {
      text = text.replaceAll(value, REDACTED);
      // As JSON text inside a text has it.
      const quoted = JSON.stringify(value).slice(1, -1);
      if (quoted !== value) text = text.replaceAll(quoted, () => REDACTED);
    }
    return text;
  };
}

function redactAll(value: Json, text: Clean, withKeys: boolean): Json {
  if (typeof value === "string") return text(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Json) => redactAll(item, text, withKeys));
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return fromEntries(entries.map(([key, item]) => [withKeys ? text(key) : key, redactAll(item, text, withKeys)]));
}

/** Bytes that are no text are looked through as far as they hold text of one byte a character. */
function redactBytes(given: RecordedBytes, text: Clean): RecordedBytes {
  if ("text" in given) return { text: text(given.text) };
  const read = Buffer.from(given.base64, "base64").toString("latin1");
  const clean = text(read);
  return clean === read ? given : { base64: Buffer.from(clean, "latin1").toString("base64") };
}

/** Own keys whatever they are called. */
function fromEntries(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(entries) as Json;
}
