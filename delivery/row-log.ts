/**
 * The log, and the events, of rows that fail, recover or die: an operator learns of an endpoint that is down by its first line, and is not drowned in the
 * rest. Lines hold codes, counts and ids, never what people said.
 */
import type { Emitter } from "../base/events.ts";
import type { HandoffEvent } from "../runtime/handoffs/events.ts";
import type { LoggerLike } from "../runtime/log.ts";
import type { Clock } from "./clock.ts";
import type { Entry } from "./rows.ts";

/** Lines about single rows in one minute, of each kind; the next minute's first line says how many were left out. */
const LINES_A_MINUTE = 20;
const MINUTE_MS = 60_000;

export interface RowLog {
  /** The attempt failed and will be repeated. Only the first failure of a row is logged; each is an event. */
  failed(entry: Entry, code: string, againInMs: number): void;
  /** It was delivered after it had failed. */
  recovered(entry: Entry): void;
  /** It was delivered, and something that goes along with it was not done. */
  inPart(entry: Entry, code: string): void;
  /** It is given up. Every one of these lines is written: each is a person who waits. */
  dead(entry: Entry, code: string, told: boolean): void;
}

export function createRowLog(logger: LoggerLike | null, clock: Clock, events: Emitter<HandoffEvent>): RowLog {
  const failures = rateLimit(clock);
  const recoveries = rateLimit(clock);
  const remarks = rateLimit(clock);
  return {
    failed(entry, code, againInMs) {
      events.emit(() => ({ event: "delivery.failed", ...rowOf(entry), code, againInMs }));
      if (entry.outbox.attempts > 1) return;
      failures((leftOut) =>
        logger?.warn(
          { ...idsOf(entry), code, againInMs, ...leftOut },
          "A hand-off could not be delivered; it is tried again",
        ),
      );
    },
    recovered(entry) {
      if (entry.outbox.attempts < 2) return;
      const { attempts, code } = entry.outbox;
      events.emit(() => ({ event: "delivery.recovered", ...rowOf(entry), code: code ?? null }));
      recoveries((leftOut) =>
        logger?.info({ ...idsOf(entry), attempts, code, ...leftOut }, "A hand-off that had failed was delivered"),
      );
    },
    inPart(entry, code) {
      remarks((leftOut) =>
        logger?.warn(
          { ...idsOf(entry), code, ...leftOut },
          "A hand-off was delivered, but not with all that goes along with it",
        ),
      );
    },
    dead(entry, code, told) {
      const { attempts, task } = entry.outbox;
      events.emit(() => ({ event: "delivery.dead", ...rowOf(entry), code, told }));
      logger?.error(
        { ...idsOf(entry), code, attempts, task, told },
        told
          ? "A hand-off is a dead letter; onDead was called with it"
          : "A hand-off is a dead letter: it reached no human",
      );
    },
  };
}

export const idsOf = ({ tenant, conversationId, intentId }: Entry) => ({ tenant, conversationId, intentId });

const rowOf = (entry: Entry) => ({ ...idsOf(entry), attempts: entry.outbox.attempts });

function rateLimit(clock: Clock): (write: (leftOut: { readonly leftOut?: number }) => void) => void {
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let leftOut = 0;
  return (write) => {
    const now = clock.elapsed();
    if (now - since >= MINUTE_MS) {
      since = now;
      lines = 0;
    }
    if (lines >= LINES_A_MINUTE) {
      leftOut += 1;
      return;
    }
    lines += 1;
    write(leftOut === 0 ? {} : { leftOut });
    leftOut = 0;
  };
}
