/** The worker's platform: what an action may ask of the worker process without a host call: the joint to a platform that the sandbox does not know. */
export interface WorkerPlatform {
  /**
   * A pure function by its name, JSON text and bytes in. Never throws: an error is a part of the reply. Null, with nothing done, where the run
   * has less time left than the call takes.
   */
  call(name: string, args: string, bytes: Uint8Array | undefined, pace: Pace): PlatformReply | null;
  /** Whether what a function answers would be another answer a second time, random bytes aside. */
  varies(name: string): boolean;
  /** Reads what later calls would have to wait for, in a moment in which no run waits. */
  readAhead(): void;
}

/** What a call may take: it is not interrupted, so it has to refuse by itself what takes longer. */
export interface Pace {
  /** Milliseconds that the run may compute from now on. */
  leftMs(): number;
  /** Milliseconds that it could at its start. */
  readonly totalMs: number;
  /** Random bytes of the run's own; absent where they are the platform's. */
  readonly random?: (count: number) => Uint8Array;
}

/** JSON text of an answer, with bytes beside it where the function gives some. */
export type PlatformReply = string | { readonly json: string; readonly bytes: Uint8Array };
