/** The service's log: one line of JSON for each request and event, with ids and codes, never what people said. */
import { pino } from "pino";
import { type LoggerLike, quietly } from "../runtime/log.ts";
import type { Settings } from "./settings.ts";

export type ServiceLog = Required<LoggerLike>;

export interface LogOptions {
  readonly level: Settings["logLevel"];
  readonly logTo: { write(line: string): void };
  /** The embedder's own, in place of lines to `logTo`: it decides which levels it takes. */
  readonly logger?: LoggerLike | undefined;
}

export function createLog({ level, logTo, logger }: LogOptions): ServiceLog {
  const { isLevelEnabled = () => true, ...log } = quietly(
    logger ?? pino({ name: "baton", level, base: { pid: process.pid } }, logTo),
  );
  return { ...log, isLevelEnabled };
}
