/** Parts that a slot is made of: the worker process that it needs, and what it reports. */
import type { RunEnd } from "../completion.ts";
import type { HostRun } from "./host-run.ts";
import type { Configuration } from "../protocol/configuration.ts";
import type { EndedFrame } from "../protocol/worker-frames.ts";
import type { WorkerExit, WorkerListener, WorkerProcess } from "../process/worker-process.ts";

export interface SlotListener {
  onReady(): void;
  onEnded(run: HostRun, end: RunEnd, frame: EndedFrame): void;
  /** A place is free again. */
  onFreed(): void;
  onExit(exit: WorkerExit): void;
}

export type SlotWorker = Pick<
  WorkerProcess,
  | "pid"
  | "exited"
  | "cpuMs"
  | "grownBytes"
  | "lower"
  | "ownBytes"
  | "raise"
  | "isBloated"
  | "isSilent"
  | "unansweredCpuMs"
  | "whenStarted"
  | "weigh"
  | "wokeAt"
  | "rebase"
  | "setRef"
  | "send"
  | "sendEncoded"
  | "sendScript"
  | "answerSync"
  | "expect"
  | "raiseMemory"
  | "kill"
>;

export interface SlotParts {
  readonly configuration: Configuration;
  /** Bytes that the process may take with every place in use. */
  readonly capBytes: number;
  readonly start: (listener: WorkerListener) => SlotWorker;
  readonly now?: () => number;
}

export type StopReason = "wall" | "cancelled" | "memory";

/** What being asked to stop means for a run. */
export function stoppedEnd(reason: StopReason): RunEnd {
  switch (reason) {
    case "wall":
      return { type: "timed_out", limit: "wall", stack: null, waiting: true };
    case "cancelled":
      return { type: "cancelled" };
    case "memory":
      return { type: "out_of_memory", stack: null };
    default:
      return reason satisfies never;
  }
}
