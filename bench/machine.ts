/** What the figures were made on, as far as a reader needs it to judge them. */
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  /** Processes that wanted a processor in the minute before. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    loadBefore: Math.round(loadavg()[0]! * 10) / 10,
  };
}
