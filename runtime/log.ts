/**
 * The host's log, through pino. No line of it holds a context, an argument, a reason, a return value or a phone number:
 * personal data stays in Outcomes, which the host owns.
 */
import { codeOf, nameOf } from "../base/thrown.ts";
import { createRequire } from "node:module";
import type { pino } from "pino";
import type { Wall } from "../sandbox/index.ts";
import { nodeStanding } from "./node-releases.ts";
import type { RuntimeEvent } from "./events.ts";
import type { Outcome } from "./outcome.ts";

interface Execution {
  readonly tenant: string;
  readonly executionId: string;
}

export interface HostLog {
  /** One line at the start that says which walls stand around the worker processes, and how the Node version stands. */
  walls(walls: readonly Wall[]): void;
  settled(execution: Execution, outcome: Outcome): void;
  storeFailed(execution: Execution & { readonly step: string }, error: unknown): void;
  /** A hand-off that the action asked for is in no store: the one line that an operator must not miss. */
  notRecorded(
    handoff: Execution & { readonly conversationId: string; readonly intentId: string },
    error: unknown,
  ): void;
  /** A recording that could not be made or kept. */
  notKept(execution: Execution, error: unknown): void;
  /** A line for what no execution says: a worker process that went without the pool's will. */
  read(event: RuntimeEvent): void;
}

/** The one shape of a logger: pino's, the console's, or your own. */
export interface LoggerLike {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
  isLevelEnabled?(level: string): boolean;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** A line that cannot be written is lost, and takes along neither an execution nor the process. */
export function quietly(logger: LoggerLike): LoggerLike {
  const write = (work: () => unknown): void => {
    try {
      const done = work();
      // Of a logger that is async, whatever its type says.
      if (done instanceof Promise) done.catch(() => {});
    } catch {
      // Where the log itself fails there is no place to say so.
    }
  };
  const writers = LEVELS.map((level) => [
    level,
    (fields: object, message?: string): void => write(() => logger[level](fields, message)),
  ]);
  return {
    ...(Object.fromEntries(writers) as Pick<LoggerLike, (typeof LEVELS)[number]>),
    isLevelEnabled(level) {
      try {
        return logger.isLevelEnabled?.(level) ?? true;
      } catch {
        return true;
      }
    },
  };
}

export function createHostLog(given: LoggerLike = warningsOnStandardError()): HostLog {
  const logger = quietly(given);
  return {
    walls(walls) {
      const standing = walls.filter(({ stands }) => stands).map(({ name }) => name);
      const missing = Object.fromEntries(walls.flatMap(({ name, stands, note }) => (stands ? [] : [[name, note]])));
      const { node, v8, outdated } = nodeStanding();
      const known = outdated === null ? { node, v8 } : { node, v8, outdated };
      logger.info({ ...known, standing, missing }, "walls around the worker processes");
    },
    settled(execution, outcome) {
      const { status, error, handoff, usage } = outcome;
      if (logger.isLevelEnabled?.("debug") !== false) {
        const kept = { handoff: handoff?.kind, state: handoff?.state };
        logger.debug({ ...execution, status, code: error?.code, ...kept, ...usage }, "execution settled");
      }
      for (const { code } of outcome.warnings)
        logger.warn({ ...execution, status, code }, "execution settled with a warning");
    },
    storeFailed(execution, error) {
      logger.error({ ...execution, error: errorName(error) }, "the store of hand-offs failed");
    },
    notRecorded(handoff, error) {
      logger.error(
        { ...handoff, error: errorName(error) },
        "a hand-off could not be recorded: no human will come of it",
      );
    },
    notKept(execution, error) {
      logger.warn({ ...execution, error: errorName(error) }, "a recording could not be kept");
    },
    read(event) {
      if (event.event !== "worker.ended" || event.isExpected) return;
      const { worker, image, reason, livedMs } = event;
      logger.warn({ worker, image, reason: shortened(reason ?? ""), livedMs }, "a worker process ended");
    },
  };
}

/** pino is loaded only where it is used: not where the host brings a logger. */
function warningsOnStandardError(): LoggerLike {
  const create = createRequire(import.meta.url)("pino") as typeof pino;
  return create({ name: "baton", level: "warn" }, create.destination(2));
}

/** What a process wrote last may be an action's words: only how it ended is kept. */
function shortened(reason: string): string {
  return reason.split(":", 1)[0]!.slice(0, 200);
}

/** An error's message may quote what it was about: only its name and code are written down. */
function errorName(error: unknown): { name: string; code?: string } {
  const [name, code] = [nameOf(error), codeOf(error)];
  return code === null ? { name } : { name, code };
}
