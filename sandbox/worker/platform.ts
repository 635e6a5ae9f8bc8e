/** What an action may ask of the worker process without a host call: the joint to a platform that the sandbox does not know. */
export interface WorkerPlatform {
  /** A pure function by its name, JSON text and bytes in. Never throws: an error is a part of the reply. */
  call(name: string, args: string, bytes: Uint8Array | undefined): PlatformReply;
  /** Reads what later calls would have to wait for, in a moment in which no run waits. */
  readAhead(): void;
}

/** JSON text of an answer, with bytes beside it where the function gives some. */
export type PlatformReply = string | { readonly json: string; readonly bytes: Uint8Array };
