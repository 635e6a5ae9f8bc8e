/**
 * Whatever an action throws becomes text here, inside the isolate and under its deadline: a getter of a thrown error may loop or throw,
 * and only strings that were read once and cut leave.
 */
import { cut } from "./primordials.ts";

export interface Envelope {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly code: string | null;
}

const MAX_NAME = 200;
const MAX_MESSAGE = 4_000;
const MAX_STACK = 8_000;
const MAX_CAUSES = 3;

export function describe(thrown: unknown): Envelope {
  if (thrown === null || (typeof thrown !== "object" && typeof thrown !== "function")) return describePrimitive(thrown);
  const message = read(thrown, "message", MAX_MESSAGE);
  const stack = read(thrown, "stack", MAX_STACK);
  if (message === null && stack === null) return describeObject(thrown);
  return {
    name: read(thrown, "name", MAX_NAME) || "Error",
    message: message ?? "",
    stack: withCauses(thrown, stack),
    code: read(thrown, "code", MAX_NAME),
  };
}

function describePrimitive(thrown: unknown): Envelope {
  let shown = "something";
  if (typeof thrown === "string") shown = `the string "${cut(thrown, MAX_MESSAGE)}"`;
  else if (typeof thrown === "symbol") shown = "a symbol";
  else if (typeof thrown === "bigint") shown = "a BigInt";
  else shown = `${thrown as null | undefined | number | boolean}`;
  return { name: "NonError", message: `${shown} was thrown, which is not an Error`, stack: null, code: null };
}

function describeObject(thrown: object): Envelope {
  const kind = typeof thrown === "function" ? "a function" : "an object";
  return {
    name: read(thrown, "name", MAX_NAME) || "NonError",
    message: `${kind} was thrown, which is not an Error and has no message`,
    stack: null,
    code: read(thrown, "code", MAX_NAME),
  };
}

function withCauses(thrown: object, stack: string | null): string | null {
  if (stack === null) return null;
  let text = stack;
  let cause: unknown = thrown;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    cause = readRaw(cause as object, "cause");
    if (cause === null || typeof cause !== "object") return text;
    const causeStack = read(cause, "stack", MAX_STACK);
    if (causeStack === null) return text;
    text = cut(`${text}\nCaused by: ${causeStack}`, MAX_STACK * 2);
  }
  return text;
}

function read(from: object, key: string, max: number): string | null {
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
