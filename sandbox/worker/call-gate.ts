/** The gate of host calls: which host calls of a run go out: known ones, small enough, as long as their budget lasts. The host counts once more. */
import type { Answer, RunFrame } from "../protocol/host-frames.ts";
import { MAX_ATTACHED_BYTES } from "../protocol/wire.ts";

export class CallGate {
  /** Calls that went out. */
  made = 0;
  readonly #functions: RunFrame["functions"];
  readonly #argumentBytes: number;
  readonly #callsLeft: Map<string, number>;
  #hostCallsLeft: number;

  constructor(functions: RunFrame["functions"], { argumentBytes, hostCalls }: RunFrame["limits"]) {
    this.#functions = functions;
    this.#argumentBytes = argumentBytes;
    this.#hostCallsLeft = hostCalls;
    this.#callsLeft = new Map(Object.entries(functions).map(([name, { budget }]) => [name, budget ?? Infinity]));
  }

  /** The refusal of a call that is unknown, too large or over its budget, as the text of an answer; null where it may go out. */
  refuse(name: string, args: string, mode: "sync" | "async", bytes = 0): string | null {
    const declared = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (declared?.mode !== mode) return refusal("CALL_UNKNOWN", "TypeError", "there is no such host function");
    if (Buffer.byteLength(args) > this.#argumentBytes || bytes > MAX_ATTACHED_BYTES)
      return refusal("ARGUMENTS_TOO_LARGE", "RangeError", "the arguments of a host call are too large");
    const left = this.#callsLeft.get(name)!;
    if (left <= 0 || (declared.budget === null && this.#hostCallsLeft <= 0))
      return refusal("CALL_BUDGET_SPENT", "RangeError", `the run's budget for calls of ${name} is used up`);
    this.#callsLeft.set(name, left - 1);
    if (declared.budget === null) this.#hostCallsLeft--;
    this.made++;
    return null;
  }
}

export function refusal(code: string, name: string, message: string): string {
  return JSON.stringify({ ok: false, error: { code, name, message } } satisfies Answer);
}
