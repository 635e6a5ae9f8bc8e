/**
 * What a prelude is given. A prelude is one guest script whose value is a function `(bridge: Bridge) => void`; it runs in the isolate
 * after the bootstrap and before any of the action's code, and installs globals that talk to the host through this bridge.
 * Everything here stays a closure of the prelude: the action never sees it.
 */
export interface Bridge {
  /** Calls a `sync` host function and stands still until it answers. `args` must already be JSON text within the argument limit. */
  call(name: string, argsJson: string): unknown;
  /** Calls an `async` host function. Rejects with the host's HostCallError, or when the budget for calls is used up. */
  callAsync(name: string, argsJson: string, bytes?: Uint8Array): Promise<{ value: unknown; bytes?: Uint8Array }>;
  /** "preparing" before the run has begun, "loading" while the action's module is evaluated, then "running", then "ended". */
  phase(): "preparing" | "loading" | "running" | "ended";
  /** Has `listener` called once, right before the action's module loads, with what the host gave this prelude for this run. */
  onStart(listener: (data: unknown) => void): void;
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  /** Runs `task` after at least `ms` milliseconds, inside the limits of the run; dropped when the run ends. Returns a handle for `cancel`. */
  schedule(task: () => void, ms: number): number;
  cancel(handle: number): void;
  /** The built-ins as they were before the action could patch them. */
  readonly primordials: Primordials;
}

export interface Primordials {
  readonly stringify: (value: unknown) => string | undefined;
  readonly parse: (text: string) => unknown;
  readonly isArray: (value: unknown) => boolean;
  readonly getPrototypeOf: (value: object) => object | null;
  readonly ownKeys: (value: object) => (string | symbol)[];
  readonly getOwnPropertyDescriptor: (value: object, key: PropertyKey) => PropertyDescriptor | undefined;
  readonly defineProperty: (value: object, key: PropertyKey, descriptor: PropertyDescriptor) => unknown;
  readonly freeze: <T>(value: T) => T;
  readonly charCodeAt: (text: string, index: number) => number;
  readonly slice: (text: string, start: number, end: number) => string;
  readonly hasOwn: (value: object, key: PropertyKey) => boolean;
}
