/** `AbortSignal` and `AbortController`: signals of a caller, of a time, and of several other signals. */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";
import type { DOMExceptionClass } from "./dom-exception.ts";
import type { EventClasses, EventLike, TargetLike } from "./event.ts";
import { invalidType, isObject } from "./idl.ts";
import { below, nameOf, showBy } from "./shown.ts";

const INTERNAL = Symbol("internal");
const MAX_TIMEOUT = 2 ** 32 - 1;

type Needs = Pick<EventClasses, "Event" | "EventTarget"> & { readonly DOMException: DOMExceptionClass };

// oxlint-disable-next-line eslint/max-lines-per-function -- a class over the events that it sends, and the one that turns it
export function createAbort(bridge: Bridge, { DOMException, Event, EventTarget }: Needs) {
  const abortError = (): unknown => new DOMException("This operation was aborted", "AbortError");

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason: unknown = undefined;
    #onabort: ((event: EventLike) => void) | null = null;
    /** The signals that are aborted with this one. */
    readonly #dependents = new Set<AbortSignal>();

    constructor(token?: symbol) {
      if (token !== INTERNAL) throw new TypeError("Illegal constructor");
      super();
    }
    get aborted(): boolean {
      return this.#aborted;
    }
    get reason(): unknown {
      return this.#reason;
    }
    get onabort(): unknown {
      return this.#onabort;
    }
    set onabort(value: unknown) {
      if (this.#onabort) this.removeEventListener("abort", this.#onabort);
      this.#onabort = typeof value === "function" ? (value as (event: EventLike) => void) : null;
      if (this.#onabort) this.addEventListener("abort", this.#onabort);
    }
    throwIfAborted(): void {
      if (this.#aborted) throw this.#reason;
    }
    static abort(reason: unknown = abortError()): AbortSignal {
      const signal = new AbortSignal(INTERNAL);
      signal.#aborted = true;
      signal.#reason = reason;
      return signal;
    }
    static timeout(delay: unknown): AbortSignal {
      if (typeof delay !== "number") throw invalidType("the delay must be a number of milliseconds");
      if (!Number.isInteger(delay) || delay < 0 || delay > MAX_TIMEOUT) {
        const code = "ERR_OUT_OF_RANGE";
        const message = `the delay must be a whole number of milliseconds from 0 to ${MAX_TIMEOUT}`;
        throw Object.assign(new RangeError(message), { code });
      }
      const signal = new AbortSignal(INTERNAL);
      const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
      bridge.schedule(
        () => AbortSignal.#abort(signal, reason),
        delay,
        () => true,
      );
      return signal;
    }
    static any(signals: unknown): AbortSignal {
      if (!isObject(signals) || !(Symbol.iterator in signals))
        throw invalidType("AbortSignal.any takes a list of abort signals");
      const sources = Array.from(signals as Iterable<unknown>, (signal) => {
        if (typeof signal === "object" && signal !== null && #aborted in signal) return signal;
        throw invalidType("AbortSignal.any takes abort signals");
      });
      const aborted = sources.find((source) => source.#aborted);
      if (aborted) return AbortSignal.abort(aborted.#reason);
      const joined = new AbortSignal(INTERNAL);
      for (const source of sources) source.#dependents.add(joined);
      return joined;
    }
    static #abort(first: AbortSignal, reason: unknown): void {
      const turning: AbortSignal[] = [];
      const turn = (signal: AbortSignal): void => {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason;
        turning.push(signal);
        signal.#dependents.forEach(turn);
      };
      turn(first);
      for (const signal of turning) signal.dispatchEvent(new Event("abort") as unknown as TargetLike);
    }
    static [INTERNAL](signal: AbortSignal, reason: unknown): void {
      AbortSignal.#abort(signal, reason);
    }
    override get [Symbol.toStringTag](): string {
      return "AbortSignal";
    }
  }

  const abort = AbortSignal[INTERNAL];
  Reflect.deleteProperty(AbortSignal, INTERNAL);

  class AbortController {
    readonly #signal = new AbortSignal(INTERNAL);
    get signal(): AbortSignal {
      return this.#signal;
    }
    abort(reason: unknown = abortError()): void {
      abort(this.#signal, reason);
    }
    get [Symbol.toStringTag](): string {
      return "AbortController";
    }
  }
  showBy(AbortSignal, (self, depth, options, inspect) =>
    depth !== null && depth < 0 ? self : `${nameOf(self)} ${inspect({ aborted: self.aborted }, below(options))}`,
  );
  showBy(AbortController, (self, depth, options, inspect) =>
    depth !== null && depth < 0 ? self : `${nameOf(self)} ${inspect({ signal: self.signal }, below(options))}`,
  );
  return { AbortController, AbortSignal };
}
