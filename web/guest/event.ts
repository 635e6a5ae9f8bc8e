/** `Event`, `CustomEvent`, `EventTarget`. A listener that throws ends the run, as an uncaught error does. */
import type { DOMExceptionClass } from "./dom-exception.ts";
import { invalidType, isObject, toDictionary, toText } from "./idl.ts";
import type { Dictionary } from "./idl.ts";
import { below, nameOf, showBy } from "./shown.ts";

export type EventLike = object;
export type TargetLike = object;
type Listener = ((event: EventLike) => void) | { handleEvent(event: EventLike): void };

interface Entry {
  readonly type: string;
  readonly listener: Listener;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  removed: boolean;
}

interface EventState {
  target: object | null;
  dispatching: boolean;
  stopped: boolean;
  canceled: boolean;
  passive: boolean;
}

export type EventClasses = ReturnType<typeof createEventClasses>;

export function createEventClasses(DOMException: DOMExceptionClass) {
  const { Event, CustomEvent, stateOf } = createEvents();
  const EventTarget = createEventTarget(DOMException, stateOf);
  showBy(Event, (self, depth, options, inspect) => {
    if (depth !== null && depth < 0) return nameOf(self);
    const { type, defaultPrevented, cancelable, timeStamp } = self;
    return `${nameOf(self)} ${inspect({ type, defaultPrevented, cancelable, timeStamp }, below(options))}`;
  });
  showBy(EventTarget, (self, depth, options, inspect) =>
    depth !== null && depth < 0 ? nameOf(self) : `${nameOf(self)} ${inspect({}, below(options))}`,
  );
  return { Event, CustomEvent, EventTarget };
}

/** `stateOf` is for the target that dispatches: no action reaches the state of an event. */
// oxlint-disable-next-line eslint/max-lines-per-function -- two classes and the state that no action reaches
function createEvents() {
  class Event {
    readonly #type: string;
    readonly #bubbles: boolean;
    readonly #cancelable: boolean;
    readonly #composed: boolean;
    readonly #timeStamp = Date.now();
    readonly #state: EventState = { target: null, dispatching: false, stopped: false, canceled: false, passive: false };
    #propagationStopped = false;

    constructor(type: unknown, options?: unknown) {
      if (arguments.length === 0) throw new TypeError("an event needs a type");
      this.#type = toText(type);
      const { bubbles, cancelable, composed } = toDictionary(options, "the options of an event");
      this.#bubbles = Boolean(bubbles);
      this.#cancelable = Boolean(cancelable);
      this.#composed = Boolean(composed);
    }
    get type(): string {
      return this.#type;
    }
    get bubbles(): boolean {
      return this.#bubbles;
    }
    get cancelable(): boolean {
      return this.#cancelable;
    }
    get composed(): boolean {
      return this.#composed;
    }
    get timeStamp(): number {
      return this.#timeStamp;
    }
    get isTrusted(): boolean {
      return false;
    }
    get target(): object | null {
      return this.#state.target;
    }
    get srcElement(): object | null {
      return this.#state.target;
    }
    get currentTarget(): object | null {
      return this.#state.dispatching ? this.#state.target : null;
    }
    get eventPhase(): number {
      return this.#state.dispatching ? 2 : 0;
    }
    get defaultPrevented(): boolean {
      return this.#state.canceled;
    }
    get returnValue(): unknown {
      return !this.#state.canceled;
    }
    set returnValue(value: unknown) {
      if (!value) this.preventDefault();
    }
    get cancelBubble(): boolean {
      return this.#propagationStopped;
    }
    set cancelBubble(value: boolean) {
      if (value) this.#propagationStopped = true;
    }
    composedPath(): object[] {
      return this.#state.dispatching && this.#state.target ? [this.#state.target] : [];
    }
    preventDefault(): void {
      if (this.#cancelable && !this.#state.passive) this.#state.canceled = true;
    }
    stopPropagation(): void {
      this.#propagationStopped = true;
    }
    stopImmediatePropagation(): void {
      this.#propagationStopped = true;
      this.#state.stopped = true;
    }
    static state(event: unknown): EventState {
      if (typeof event === "object" && event !== null && #state in event) return event.#state;
      throw new TypeError("the argument must be an Event");
    }
    get [Symbol.toStringTag](): string {
      return "Event";
    }
  }
  const stateOf = Event.state;
  Reflect.deleteProperty(Event, "state");
  "NONE CAPTURING_PHASE AT_TARGET BUBBLING_PHASE".split(" ").forEach((name, value) => {
    for (const place of [Event, Event.prototype]) Object.defineProperty(place, name, { value, enumerable: true });
  });

  class CustomEvent extends Event {
    readonly #detail: unknown;
    constructor(type: unknown, options?: unknown) {
      if (arguments.length === 0) throw new TypeError("an event needs a type");
      super(type, options);
      const { detail = null } = toDictionary(options, "the options of an event");
      this.#detail = detail;
    }
    get detail(): unknown {
      return this.#detail;
    }
    override get [Symbol.toStringTag](): string {
      return "CustomEvent";
    }
  }

  return { Event, CustomEvent, stateOf };
}

function createEventTarget(DOMException: DOMExceptionClass, stateOf: (event: unknown) => EventState) {
  return class EventTarget {
    #entries: Entry[] = [];

    addEventListener(type: unknown, listener: unknown, options?: unknown): void {
      if (arguments.length < 2) throw new TypeError("addEventListener needs a type and a listener");
      const given = typeof options === "boolean" ? {} : toDictionary(options, "the options of a listener");
      const capture = isCapturing(options);
      const signal = signalIn(given);
      const name = toText(type);
      if (!isListener(listener) || signal?.aborted === true || this.#find(name, listener, capture)) return;
      const entry: Entry = {
        type: name, listener, capture, once: Boolean(given["once"]), passive: Boolean(given["passive"]), removed: false,
      }; // prettier-ignore
      this.#entries.push(entry);
      signal?.addEventListener("abort", () => this.removeEventListener(type, listener, capture), { once: true });
    }
    removeEventListener(type: unknown, listener: unknown, options?: unknown): void {
      if (arguments.length < 2) throw new TypeError("removeEventListener needs a type and a listener");
      const capture = isCapturing(options);
      const name = toText(type);
      const entry = isListener(listener) ? this.#find(name, listener, capture) : undefined;
      if (!entry) return;
      entry.removed = true;
      this.#entries = this.#entries.filter((other) => other !== entry);
    }
    dispatchEvent(event: unknown): boolean {
      const state = stateOf(event);
      if (state.dispatching) throw new DOMException("The event is already being dispatched", "InvalidStateError");
      const { type } = event as { type: string };
      Object.assign(state, { target: this, dispatching: true });
      try {
        const entries = this.#entries.filter((entry) => entry.type === type);
        for (const entry of entries
          .filter(({ capture }) => capture)
          .concat(entries.filter(({ capture }) => !capture))) {
          if (state.stopped) break;
          if (entry.removed) continue;
          if (entry.once) this.removeEventListener(type, entry.listener, entry.capture);
          state.passive = entry.passive;
          if (typeof entry.listener === "function") Reflect.apply(entry.listener, this, [event]);
          else entry.listener.handleEvent(event as object);
        }
      } finally {
        Object.assign(state, { dispatching: false, stopped: false, passive: false });
      }
      return !state.canceled;
    }
    #find(type: string, listener: unknown, capture: boolean): Entry | undefined {
      return this.#entries.find((e) => e.type === type && e.listener === listener && e.capture === capture);
    }
    get [Symbol.toStringTag](): string {
      return "EventTarget";
    }
  };
}

type SignalLike = { readonly aborted: boolean; addEventListener(type: string, run: () => void, options: object): void };

/** A signal is known by its members, as in Node. */
function signalIn({ signal }: Dictionary): SignalLike | undefined {
  if (signal === undefined) return undefined;
  if (isObject(signal) && "aborted" in signal && "addEventListener" in signal) return signal as SignalLike;
  throw invalidType("the signal of a listener must be an AbortSignal");
}

function isCapturing(options: unknown): boolean {
  return Boolean(isObject(options) ? (options as Dictionary)["capture"] : options);
}

function isListener(value: unknown): value is Listener {
  if (isObject(value)) return true;
  if (value === null || value === undefined) return false;
  throw invalidType("a listener must be a function or an object with handleEvent");
}
