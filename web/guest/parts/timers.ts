/** Timers and the coarse clock. Timers run inside the limits of the run and are dropped at its end. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { shaped } from "../idl.ts";

const MAX_TIMERS = 1_000;
const MAX_DELAY = 2 ** 31 - 1;

export default function timers(bridge: Bridge): Record<string, unknown> {
  /** By the number that the action holds: the bridge's handle of the turn that is due next. */
  const live = new Map<number, number>();
  let next = 1;

  const start = (name: string, callback: unknown, delay: unknown, parts: unknown[], repeats: boolean): number => {
    if (typeof callback !== "function") throw new TypeError(`the first argument of ${name} must be a function`);
    if (live.size >= MAX_TIMERS) {
      throw Object.assign(new RangeError(`more than ${MAX_TIMERS} timers at once`), { code: "TIMERS_SPENT" });
    }
    const id = next++;
    const ms = toDelay(delay);
    const arm = () => live.set(id, bridge.schedule(fire, ms));
    const fire = () => {
      if (repeats) arm();
      else live.delete(id);
      Reflect.apply(callback, undefined, parts);
    };
    arm();
    return id;
  };
  const clear = (id: unknown): void => {
    const number = typeof id === "symbol" ? NaN : Number(id);
    const handle = live.get(number);
    if (handle === undefined) return;
    live.delete(number);
    bridge.cancel(handle);
  };

  return {
    setTimeout: function setTimeout(callback: unknown, delay?: unknown, ...parts: unknown[]): number {
      return start("setTimeout", callback, delay, parts, false);
    },
    setInterval: function setInterval(callback: unknown, delay?: unknown, ...parts: unknown[]): number {
      return start("setInterval", callback, delay, parts, true);
    },
    clearTimeout: function clearTimeout(id?: unknown): void {
      clear(id);
    },
    clearInterval: function clearInterval(id?: unknown): void {
      clear(id);
    },
    queueMicrotask: function queueMicrotask(callback: unknown): void {
      if (typeof callback !== "function") throw new TypeError("the argument of queueMicrotask must be a function");
      // A timer that is due at once lets what the callback throws end the run, as an uncaught error does.
      const run = async () => Reflect.apply(callback, undefined, []) as unknown;
      const rethrow = (error: unknown) => {
        const task = () => {
          throw error;
        };
        // A debugger has seen it.
        task.rethrows = true;
        bridge.schedule(task, 0);
      };
      void Promise.resolve().then(() => void run().catch(rethrow));
    },
    performance: createPerformance(bridge),
  };
}

/** Milliseconds without a fraction, so that no race can be timed with it; the start is the first time that anyone asks. */
function createPerformance(bridge: Bridge): object {
  const timeOrigin = bridge.now();
  let last = 0;
  const TOKEN = Symbol("performance");
  class Performance {
    constructor(token?: symbol) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
    }
    now(): number {
      last = Math.max(last, Math.trunc(bridge.now() - timeOrigin));
      return last;
    }
    get timeOrigin(): number {
      return timeOrigin;
    }
    toJSON(): object {
      return { timeOrigin };
    }
    get [Symbol.toStringTag](): string {
      return "Performance";
    }
  }
  shaped({ Performance }, { Performance: 0 });
  return new Performance(TOKEN);
}

/** At least one, as in Node. */
function toDelay(delay: unknown): number {
  const ms = Math.trunc((delay ?? 0) as number);
  return ms >= 1 && ms <= MAX_DELAY ? ms : 1;
}
