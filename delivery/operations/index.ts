/** Every transaction that a store runs, by name. */
import { claim, handBack, latest, standing } from "./claim.ts";
import { begin, beginUnkept, dropExpired, end, execution, heartbeat, release, rewind } from "./execution.ts";
import { expire } from "./expire.ts";
import {
  changesAfter,
  count,
  drop,
  lastChange,
  lease,
  list,
  numberChanges,
  renew,
  retry,
  settle,
  show,
} from "./outbox.ts";
import { purge } from "./purge.ts";
import { settleTransfer, startDial, sweep } from "./transfer.ts";

export const operations = {
  claim,
  standing,
  latest,
  handBack,
  begin,
  beginUnkept,
  end,
  release,
  execution,
  heartbeat,
  dropExpired,
  rewind,
  expire,
  startDial,
  settleTransfer,
  sweep,
  lease,
  renew,
  settle,
  list,
  count,
  show,
  retry,
  drop,
  changesAfter,
  numberChanges,
  lastChange,
  purge,
} as const;

export type HandoffOperations = typeof operations;
export type OperationName = keyof HandoffOperations;

/**
 * Operations whose every statement may commit by itself: each of their writes is a compare-and-set of its own, so nothing between two
 * statements has to hold. A store that pays for round trips saves a `begin` and a `commit` on them.
 */
export const STATEMENTS_STAND_ALONE: readonly OperationName[] = [
  "claim",
  "standing",
  "latest",
  "begin",
  "beginUnkept",
  "end",
  "release",
  "execution",
  "heartbeat",
  "dropExpired",
  "rewind",
  "lease",
  "renew",
  "settle",
  "list",
  "count",
  "show",
  "changesAfter",
  "numberChanges",
  "lastChange",
];

export const READS_ONLY: readonly OperationName[] = [
  "standing",
  "latest",
  "beginUnkept",
  "execution",
  "list",
  "count",
  "show",
  "changesAfter",
  "lastChange",
];
