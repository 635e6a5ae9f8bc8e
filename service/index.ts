/**
 * `baton-runtime/service`: the runtime as a service for a platform. `createService` puts the parts together on one store, `listen`
 * opens its port, and `close` goes the way back: readiness first, then what runs, then what is kept.
 */
import { z } from "zod";
import { fn, logger, offering, readOptions } from "../base/options.ts";
import { openParts, type OpenParts } from "./open.ts";
import { checkedSettings } from "./config.ts";
import type { DurableHandoffs } from "../delivery/index.ts";
import type { LoggerLike, Runtime } from "../runtime/index.ts";
import type { SettingsInput } from "./settings.ts";

export type { Settings, SettingsInput } from "./settings.ts";
export { readConfig, printable, strayVariables, type ReadConfig } from "./config.ts";
export { settingsSchema } from "./settings.ts";
export { checkService, type Checked } from "./check.ts";

export interface ServiceOptions extends SettingsInput {
  /** Where the service's log lines go. Default: standard error. */
  readonly logTo?: { write(line: string): void };
  /** A key that was made because there was none: shown this once. */
  readonly onFirstKey?: (key: string) => void;
  /** A logger of your own, in place of lines to `logTo`; which levels it takes is its own matter. */
  readonly logger?: LoggerLike;
}

export interface Service {
  /** Where it listens; known once `listen` has resolved. */
  readonly url: string;
  listen(): Promise<string>;
  /** Stops taking work, goes on with what began for `drainMs` milliseconds, and ends everything. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  readonly runtime: Runtime;
  readonly handoffs: DurableHandoffs;
  [Symbol.asyncDispose](): Promise<void>;
}

type LogTo = NonNullable<ServiceOptions["logTo"]>;
type OnFirstKey = NonNullable<ServiceOptions["onFirstKey"]>;

/** The settings beside them are read by a schema of their own. */
const ownOptions = z.looseObject({
  logTo: offering<LogTo>("an object with the function write, such as a stream", ["write"]).optional(),
  onFirstKey: fn<OnFirstKey>().optional(),
  logger: logger<LoggerLike>().optional(),
});

const PAGE = "docs/service.md";
const DRAIN = "a number of milliseconds from 0";
const closingOptions = z.strictObject({ drainMs: z.number(DRAIN).min(0, DRAIN).optional() });
const readClosing = (given: unknown = {}) => readOptions(closingOptions, given, "close", { page: PAGE });

export async function createService(options: ServiceOptions = {}): Promise<Service> {
  const {
    logTo,
    onFirstKey,
    logger: ownLogger,
    ...given
  } = readOptions(ownOptions, options, "createService", { page: PAGE });
  const settings = checkedSettings(given);
  const open: OpenParts = await openParts(settings, {
    logTo: logTo ?? process.stderr,
    logger: ownLogger,
    onFirstKey: onFirstKey ?? (() => {}),
  });
  const { app, parts } = open;
  let url = "";
  let closing: Promise<void> | null = null;
  const service: Service = {
    get url() {
      return url;
    },
    async listen() {
      url = await app.listen({ host: settings.host, port: settings.port });
      open.listening(url);
      return url;
    },
    close: async (given) => (closing ??= open.close(readClosing(given).drainMs ?? settings.drainMs)),
    runtime: parts.runtime,
    handoffs: parts.handoffs,
    [Symbol.asyncDispose]: () => service.close(),
  };
  return service;
}
