/** Reads what a guest sent to a function of platform.ts. A guest may send anything; what is not as expected ends the call. */
import type { Json } from "../../sandbox/completion.ts";

/** Says what is about to be done and about how long that takes; throws where it must not begin. */
export type Need = (work: string, ms: number) => void;

export type PlatformFunction = (
  args: unknown,
  bytes: Uint8Array,
  need: Need,
  /** Milliseconds that it may take, for one whose cost cannot be known before. */
  leftMs: number,
  /** Random bytes of the run. */
  random: (count: number) => Uint8Array,
) => { readonly value: Json; readonly bytes?: Uint8Array; readonly json?: never } | { readonly json: string };

export class PlatformError extends Error {
  readonly code: string;
  /** Name of the guest's built-in error class. */
  readonly guestName: string;
  constructor(code: string, message: string, guestName = "TypeError") {
    super(message);
    this.code = code;
    this.guestName = guestName;
  }
}

const bad = (expected: string): never => {
  throw new PlatformError("ARGUMENTS_BAD", `expected ${expected}`);
};

export function text(value: unknown, maxChars: number): string {
  return typeof value === "string" && value.length <= maxChars ? value : bad("a shorter text");
}

export function list(value: unknown, length?: number): unknown[] {
  return Array.isArray(value) && (length === undefined || value.length === length)
    ? (value as unknown[])
    : bad("a list");
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : bad("an object");
}

export function oneOf<T extends string>(value: unknown, choices: readonly T[]): T {
  return choices.find((choice) => choice === value) ?? bad(`one of ${choices.join(", ")}`);
}

export function integer(value: unknown, least: number, most: number): number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number)
    : bad(`a number from ${least} to ${most}`);
}

/** Base64 text → bytes; how byte arrays beside the main one travel. */
export function bytesOf(value: unknown, maxBytes: number): Buffer {
  return Buffer.from(text(value, Math.ceil(maxBytes / 3) * 4 + 4), "base64");
}
