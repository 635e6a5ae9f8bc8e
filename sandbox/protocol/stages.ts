/**
 * Stages of a run inside its worker process: what the worker writes down of a run that the host follows, and sends once that run has ended.
 * Used on both sides of the wall, so it imports nothing.
 */
export const WORKER_STAGES = [
  /** The frame with the run is in this process. */
  "worker_woke",
  "worker_decoded",
  /** It was ready, or was made now. */
  "isolate_taken",
  /** Next comes the guest. */
  "guest_entered",
  /** A synchronous call has left the guest. */
  "call_made",
  "call_returned",
  "guest_done",
  /** What was due at once after the result has had its turn. */
  "guest_idle",
  "end_sent",
] as const;

export type WorkerStage = (typeof WORKER_STAGES)[number];

/** What was reached, and when, in microseconds of the machine's monotonic clock. */
export type WorkerMark = [stage: WorkerStage, at: number];

/** A guest's calls are marked one by one, the first of them. */
export const MAX_MARKS = 32;
