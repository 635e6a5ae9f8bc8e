/** Every transaction that a store runs, by name. */
import { claim, handBack, latest, standing } from "./claim.ts";
import { begin, dropExpired, end, heartbeat, release } from "./execution.ts";
import { changesAfter, drop, lastChange, lease, list, retry, settle, show } from "./outbox.ts";
import { purge } from "./purge.ts";
import { settleTransfer, startDial, sweep } from "./transfer.ts";

export const operations = {
  claim,
  standing,
  latest,
  handBack,
  begin,
  end,
  release,
  heartbeat,
  dropExpired,
  startDial,
  settleTransfer,
  sweep,
  lease,
  settle,
  list,
  show,
  retry,
  drop,
  changesAfter,
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
  "end",
  "release",
  "heartbeat",
  "dropExpired",
  "lease",
  "settle",
  "list",
  "show",
  "changesAfter",
  "lastChange",
];

export const READS_ONLY: readonly OperationName[] = [
  "standing",
  "latest",
  "list",
  "show",
  "changesAfter",
  "lastChange",
];
