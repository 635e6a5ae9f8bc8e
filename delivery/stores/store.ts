/**
 * A store runs operations, each in one transaction, and resolves once the result is as durable as it can make it.
 * How it fails matters as much: `STORE_UNAVAILABLE` says that surely nothing happened, `STORE_ANSWER_LOST` that nobody knows.
 */
import { HostFault } from "../../base/fault.ts";
import type { OperationInput, OperationName, OperationResult } from "../operations/index.ts";

export interface Store {
  readonly name: string;
  /** Milliseconds since 1970 by the store's own clock, where it has one: all its users share that, whatever their machines say. */
  time?(): Promise<number>;
  run<K extends OperationName>(operation: K, input: OperationInput<K>): Promise<OperationResult<K>>;
  /** After a purge: takes what it can out of files too. */
  compact?(): Promise<void>;
  close(): Promise<void>;
}

export function storeUnavailable(cause: unknown): HostFault {
  return new HostFault("STORE_UNAVAILABLE", `The hand-off store did not take it: ${messageOf(cause)}`, "safe", {
    cause,
  });
}

export function storeAnswerLost(cause: unknown): HostFault {
  return new HostFault("STORE_ANSWER_LOST", `The hand-off store did not answer: ${messageOf(cause)}`, "unsafe", {
    cause,
  });
}

export function answerLost(error: unknown): boolean {
  return Error.isError(error) && (error as Partial<HostFault>).code === "STORE_ANSWER_LOST";
}

function messageOf(cause: unknown): string {
  return Error.isError(cause) ? cause.message : String(cause);
}
