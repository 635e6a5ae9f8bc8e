/** `Event`, `CustomEvent`, `EventTarget`. A listener that throws ends the run, as an uncaught error does. */
import type { DOMExceptionClass } from "./dom-exception.ts";

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
function createEvents() {
  class Event {
    static readonly NONE = 0;
    static readonly CAPTURING_PHASE = 1;
    static readonly AT_TARGET = 2;
    static readonly BUBBLING_PHASE = 3;
    readonly #type: string;
    readonly #bubbles: boolean;
    readonly #cancelable: boolean;
    readonly #composed: boolean;
    readonly #timeStamp = Date.now();
    readonly #state: EventState = { target: null, dispatching: false, stopped: false, canceled: false, passive: false };
    #propagationStopped = false;

    constructor(type: unknown, options?: { bubbles?: unknown; cancelable?: unknown; composed?: unknown }) {
      if (arguments.length === 0) throw new TypeError("an event needs a type");
      this.#type = String(type);
      this.#bubbles = Boolean(options?.bubbles);
      this.#cancelable = Boolean(options?.cancelable);
      this.#composed = Boolean(options?.composed);
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
    get returnValue(): boolean {
      return !this.#state.canceled;
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
    Object.defineProperty(Event.prototype, name, { value, enumerable: true });
  });

  class CustomEvent extends Event {
    readonly #detail: unknown;
    constructor(type: unknown, options?: { detail?: unknown }) {
      super(type, options as object);
      this.#detail = options?.detail ?? null;
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
      if (!isListener(listener)) return;
      const given = typeof options === "object" && options !== null ? (options as Record<string, unknown>) : {};
      const capture = typeof options === "boolean" ? options : Boolean(given["capture"]);
      const signal = given["signal"] as
        | { aborted: boolean; addEventListener: EventTarget["addEventListener"] }
        | undefined;
      if (signal?.aborted === true || this.#find(String(type), listener, capture)) return;
      const entry: Entry = {
        type: String(type), listener, capture, once: Boolean(given["once"]), passive: Boolean(given["passive"]), removed: false,
      }; // prettier-ignore
      this.#entries.push(entry);
      signal?.addEventListener("abort", () => this.removeEventListener(type, listener, capture), { once: true });
    }
    removeEventListener(type: unknown, listener: unknown, options?: unknown): void {
      const capture =
        typeof options === "object" && options !== null
          ? Boolean((options as { capture?: unknown }).capture)
          : Boolean(options);
      const entry = this.#find(String(type), listener, capture);
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

function isListener(value: unknown): value is Listener {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
