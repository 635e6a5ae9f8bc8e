/**
 * Limits of a run: what one run may spend. Every number can be set for a sandbox and lowered or raised per run by the host;
 * nothing inside the isolate can change one.
 */
export interface SandboxLimits {
  /** Milliseconds for everything the guest can delay: loading, calls, waiting, making its result into text. */
  readonly wallMs: number;
  /** Milliseconds of thread CPU time. */
  readonly cpuMs: number;
  /** Mebibytes of memory that the run may take, in V8's heap and beside it. */
  readonly memoryMiB: number;
  /** Bytes of UTF-8 text of the run's result. */
  readonly returnBytes: number;
  /** Bytes of UTF-8 text of the arguments of one host call. */
  readonly argumentBytes: number;
  /** Host calls that leave the worker process; functions with a budget of their own are not counted against it. */
  readonly hostCalls: number;
  /** Lines the run may log. */
  readonly logLines: number;
  /** Bytes of UTF-8 text the run may log. */
  readonly logBytes: number;
}

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = {
  wallMs: 10_000,
  cpuMs: 1_000,
  memoryMiB: 64,
  returnBytes: 256 * 1024,
  argumentBytes: 64 * 1024,
  hostCalls: 100,
  logLines: 1_000,
  logBytes: 256 * 1024,
};
