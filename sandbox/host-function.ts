/**
 * Host functions, the joint between the sandbox and what an action may call: a record of plain functions.
 * The guest's half of such a function is a prelude, a script that runs in the isolate before the action (see guest/bridge.ts).
 */
import type { Json } from "./completion.ts";

export interface HostFunction {
  /** `sync`: the guest stands still until the answer is there. `async`: the guest gets a promise. */
  readonly mode: "sync" | "async";
  /** Calls one run may make; without it they count against the run's `hostCalls`. */
  readonly budget?: number;
  /**
   * Answers one call. `call.args` is whatever JSON the guest sent: check it with a schema before use.
   * Throw a HostCallError to make the guest's call throw or reject with that name, message and code; any other error
   * reaches the guest as a plain "host function failed", without its text.
   */
  handle(call: HostCall): HostAnswer | Promise<HostAnswer>;
}

export interface HostCall {
  readonly args: unknown;
  readonly bytes?: Uint8Array;
  /** Aborted when the run has ended and nothing can use the answer any more. */
  readonly signal: AbortSignal;
}

export interface HostAnswer {
  readonly value: Json;
  readonly bytes?: Uint8Array;
  /** In a replay: what the answer took when it was recorded, in milliseconds. */
  readonly afterMs?: number;
}

export type HostFunctions = Readonly<Record<string, HostFunction>>;

export class HostCallError extends Error {
  readonly code: string;
  /** Name of the guest's built-in error class to throw, "Error" where it has none of that name. */
  readonly guestName: string;
  constructor(code: string, message: string, guestName = "Error") {
    super(message);
    this.name = "HostCallError";
    this.code = code;
    this.guestName = guestName;
  }
}
