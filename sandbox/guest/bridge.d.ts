/**
 * The bridge: what a prelude is given. A prelude is one guest script whose value is a function `(bridge: Bridge) => void`; it runs in the isolate
 * after the bootstrap and before any of the action's code, and installs globals that talk to the host through this bridge.
 * Everything here stays a closure of the prelude: the action never sees it.
 */
export interface Bridge {
  /** Calls a `sync` host function and stands still until it answers. Throws the host's HostCallError, or when the budget is used up. */
  call(name: string, argsJson: string): unknown;
  /** Calls an `async` host function. Rejects with the host's HostCallError, or when the budget for calls is used up. */
  callAsync(
    name: string,
    argsJson: string,
    bytes?: Uint8Array,
    /** True for what a part does for itself, or has given up: it is no work that an action could leave open. Asked at the end of the run. */
    isOurs?: () => boolean,
  ): Promise<{ value: unknown; bytes?: Uint8Array }>;
  /** Calls a pure function of the worker process (web/worker/platform.ts). It costs no host call. */
  callWorker(name: string, argsJson: string, bytes?: Uint8Array): { value: unknown; bytes?: Uint8Array };
  /** Evaluates a part, a script of ours that is loaded on demand, in this realm, and returns its value. Each call evaluates it anew. */
  loadPart(name: string): unknown;
  /** "preparing" before the run has begun, "loading" while the action's module is evaluated, then "running", then "ended". */
  phase(): "preparing" | "loading" | "running" | "ended";
  /**
   * Has `listener` called right before the action's module loads, with what the host gave this prelude for this run. It may have been
   * called before, for a rehearsal: each call begins anew.
   */
  onStart(listener: (data: unknown) => void): void;
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  /** Runs `task` after at least `ms` milliseconds, inside the limits of the run; dropped when the run ends. Returns a handle for `cancel`. */
  schedule(task: () => void, ms: number, isOurs?: () => boolean): number;
  /** Counts a call that came after the end and was refused by the prelude itself. */
  noteLate(): void;
  cancel(handle: number): void;
  /** The run's clock, milliseconds since the epoch. */
  now(): number;
  /** A source of 32 repeatable random bits where the run has a seed, else null. */
  randomBits(): (() => number) | null;
  /**
   * Installs globals that are made when something first touches them, and behave as if they were there. The table says for each name whatever
   * `make` is to be given beside it.
   */
  defineLazyGlobals(table: Readonly<Record<string, string>>, make: (name: string, source: string) => unknown): void;
  /** The built-ins as they were before the action could patch them. */
  readonly primordials: Primordials;
}

export type Primordials = import("./primordials.ts").Primordials;
