/**
 * A store runs operations, each in one transaction, and resolves once the result is as durable as it can make it.
 * How it fails matters as much as what it answers:
 *
 * - `STORE_UNAVAILABLE` (safe): surely nothing happened, and the same may succeed in a moment.
 * - `STORE_ANSWER_LOST` (unsafe): what became of it is not known.
 * - `STORE_FULL` (safe): surely nothing happened, and nothing will until there is room again.
 * - `STORE_REFUSED`, `STORE_DAMAGED` (never): surely nothing happened, and asking again gets the same answer.
 */
import { HostFault } from "../base/fault.ts";
import type { OperationInput, OperationResult, Operations } from "./schema.ts";

/** One schema's tables in a store. */
export interface Store<Ops extends Operations = Operations> {
  readonly name: string;
  /** Milliseconds since 1970 by the store's own clock, where it has one: all its users share that, whatever their machines say. */
  time?(): Promise<number>;
  run<K extends keyof Ops & string>(operation: K, input: OperationInput<Ops, K>): Promise<OperationResult<Ops, K>>;
  /** After erasing: takes what it can out of files too; false: not all of it could go yet, so ask again later. */
  compact?(): Promise<boolean>;
  close(): Promise<void>;
}

const messageOf = (cause: unknown): string => (Error.isError(cause) ? cause.message : String(cause));

export function storeUnavailable(cause: unknown): HostFault {
  return new HostFault(
    "STORE_UNAVAILABLE",
    `The store is not available, and nothing was written: ${messageOf(cause)}`,
    "safe",
    { cause },
  );
}

export function storeAnswerLost(cause: unknown): HostFault {
  return new HostFault("STORE_ANSWER_LOST", `The answer of the store was lost: ${messageOf(cause)}`, "unsafe", {
    cause,
  });
}

export function storeFull(cause: unknown): HostFault {
  return new HostFault(
    "STORE_FULL",
    `The store has no disk space left, and nothing was written: ${messageOf(cause)}`,
    "safe",
    { cause },
  );
}

export function storeRefused(cause: unknown): HostFault {
  return new HostFault("STORE_REFUSED", `The store rejects this operation permanently: ${messageOf(cause)}`, "never", {
    cause,
  });
}

export function storeDamaged(cause: unknown): HostFault {
  return new HostFault("STORE_DAMAGED", `The store is damaged: ${messageOf(cause)}`, "never", { cause });
}

const isFault = (error: unknown, code: string): boolean =>
  Error.isError(error) && (error as Partial<HostFault>).code === code;

export const answerLost = (error: unknown): boolean => isFault(error, "STORE_ANSWER_LOST");
/** Whether asking again can only get the same answer. */
export const isPermanent = (error: unknown): error is Error =>
  Error.isError(error) && (error as Partial<HostFault>).retry === "never";
