/**
 * An isolate for a runner that brings its own guest: one script, which is given a door and whatever else it is made of, and whose value is the one
 * function that the worker calls. Runners of other rooms make theirs by this, so that isolated-vm stays in here.
 */
import type ivm from "isolated-vm";
import { ivm as isolatedVm } from "./addon.ts";
import type { CachedScript, DoorHandler } from "./isolate.ts";

export interface OpenOptions {
  readonly memoryMiB: number;
  /** Evaluates to a function of `given` and the door. */
  readonly script: CachedScript;
  /** Text, and modules of WebAssembly. */
  readonly given: readonly unknown[];
  /** Must not throw: an error of this side carries this side's files into the isolate. */
  readonly door: DoorHandler;
}

export interface OpenIsolate {
  readonly isolate: ivm.Isolate;
  /** Calls the guest's function, with copies of byte arrays; throws what V8 makes of a deadline or a full heap. */
  call(timeoutMs: number, parts: readonly unknown[]): unknown;
  /** Bytes as the door can answer them. */
  copy(bytes: Uint8Array): unknown;
}

export type IsolateOpener = (options: OpenOptions) => OpenIsolate;

export function openIsolate({ memoryMiB, script, given, door }: OpenOptions): OpenIsolate {
  const isolate = new isolatedVm.Isolate({ memoryLimit: memoryMiB });
  const context = isolate.createContextSync();
  const open = script.compile(isolate).runSync(context, { reference: true }) as ivm.Reference;
  const parts = given.map((part) => (typeof part === "string" ? part : new isolatedVm.ExternalCopy(part).copyInto()));
  const callback = new isolatedVm.Callback((op: string, ...rest: unknown[]) => door(op, ...rest));
  const turn = open.applySync(undefined, [...parts, callback], { result: { reference: true } }) as ivm.Reference;
  return {
    isolate,
    call: (timeoutMs, rest) => turn.applySync(undefined, rest.map(toGuest), { timeout: timeoutMs }),
    copy,
  };
}

/** A part that is no array of bytes crosses as it is. */
function toGuest(part: unknown): unknown {
  return part instanceof Uint8Array ? copy(part) : part;
}

function copy(bytes: Uint8Array): unknown {
  return new isolatedVm.ExternalCopy(Uint8Array.from(bytes).buffer).copyInto({ release: true });
}
