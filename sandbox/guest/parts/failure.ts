/**
 * Whatever an action throws becomes text here, inside the isolate and under its deadline: a getter of a thrown error may loop or throw,
 * and only strings that were read once and cut leave. It is loaded for the first thing thrown, so it calls nothing but what it is handed.
 */
import type { Primordials } from "../primordials.ts";

export interface Envelope {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly code: string | null;
}

const MAX_NAME = 200;
const MAX_MESSAGE = 4_000;
const MAX_STACK = 8_000;
/** Errors within errors: all of them together, and how deep they may stand. */
const MAX_INNER = 10;
const MAX_DEPTH = 4;
const MAX_TEXT = 16_000;

type Own = Pick<Primordials, "cut" | "isArray">;

export default function failure(own: Own): (thrown: unknown) => Envelope {
  return (thrown) => describe(thrown, own);
}

function describe(thrown: unknown, own: Own): Envelope {
  if (thrown === null || (typeof thrown !== "object" && typeof thrown !== "function"))
    return describePrimitive(thrown, own);
  const message = read(thrown, "message", MAX_MESSAGE, own);
  const stack = read(thrown, "stack", MAX_STACK, own);
  if (message === null && stack === null) return describeObject(thrown, own);
  return {
    name: read(thrown, "name", MAX_NAME, own) || "Error",
    message: message ?? "",
    stack: withInner(thrown, stack, own),
    code: read(thrown, "code", MAX_NAME, own),
  };
}

function describePrimitive(thrown: unknown, { cut }: Own): Envelope {
  let shown = "something";
  if (typeof thrown === "string") shown = `the string "${cut(thrown, MAX_MESSAGE)}"`;
  else if (typeof thrown === "symbol") shown = "a symbol";
  else if (typeof thrown === "bigint") shown = "a BigInt";
  else shown = `${thrown as null | undefined | number | boolean}`;
  return { name: "NonError", message: `${shown} was thrown, which is not an Error`, stack: null, code: null };
}

function describeObject(thrown: object, own: Own): Envelope {
  const kind = typeof thrown === "function" ? "a function" : "an object";
  return {
    name: read(thrown, "name", MAX_NAME, own) || "NonError",
    message: `${kind} was thrown, which is not an Error and has no message`,
    stack: null,
    code: read(thrown, "code", MAX_NAME, own),
  };
}

/** The stack, and after it those of the errors inside: causes, the errors of an AggregateError, what a SuppressedError holds. */
function withInner(thrown: object, stack: string | null, own: Own): string | null {
  if (stack === null) return null;
  const state = { text: stack, left: MAX_INNER };
  addInner(thrown, MAX_DEPTH, state, own);
  return state.text;
}

function addInner(error: object, depth: number, state: { text: string; left: number }, own: Own): void {
  if (depth === 0) return;
  const add = (label: string, inner: unknown): void => {
    if (state.left <= 0 || inner === null || typeof inner !== "object") return;
    const stack = read(inner, "stack", MAX_STACK, own);
    if (stack === null) return;
    state.left--;
    state.text = own.cut(`${state.text}\n${label}: ${stack}`, MAX_TEXT);
    addInner(inner, depth - 1, state, own);
  };
  const name = read(error, "name", MAX_NAME, own);
  if (name === "AggregateError") {
    const errors = readRaw(error, "errors");
    const count = errors !== null && typeof errors === "object" && isList(errors, own) ? length(errors) : 0;
    for (let at = 0; at < count && state.left > 0; at++)
      add(`Error ${at + 1} of ${count}`, readRaw(errors as object, `${at}`));
  }
  if (name === "SuppressedError") {
    add("Error", readRaw(error, "error"));
    add("Suppressed", readRaw(error, "suppressed"));
  }
  add("Caused by", readRaw(error, "cause"));
}

/** A proxy that was revoked throws. */
function isList(value: object, { isArray }: Own): boolean {
  try {
    return isArray(value);
  } catch {
    return false;
  }
}

function length(list: object): number {
  const count = readRaw(list, "length");
  return typeof count === "number" ? count : 0;
}

function read(from: object, key: string, max: number, { cut }: Own): string | null {
  const value = readRaw(from, key);
  return typeof value === "string" ? cut(value, max) : null;
}

function readRaw(from: object, key: string): unknown {
  try {
    return (from as Record<string, unknown>)[key];
  } catch {
    return null;
  }
}
