/** The service's log: one line of JSON for each request and event, with ids and codes, never what people said. */
import { pino, type Logger } from "pino";
import type { Settings } from "./settings.ts";

export type ServiceLog = Logger;

export function createLog(level: Settings["logLevel"], destination: { write(line: string): void }): ServiceLog {
  return pino({ name: "baton", level, base: { pid: process.pid } }, destination);
}
