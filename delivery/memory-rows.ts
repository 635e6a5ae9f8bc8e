/** The rows of hand-offs as maps, for the store that lives and dies with its process; a simulation crashes the maps, or cuts their power. */
import { deleteClaim, holderOf, insertClaim, keyOf, newestOf, type ClaimMaps } from "../runtime/handoffs/claims.ts";
import type { ChangeRow, Entry, ExecutionRow, HandoffRow, OutboxRow, SeenChange } from "./rows.ts";
import type { Answers } from "./statements/questions.ts";

export interface MemoryRows extends ClaimMaps<HandoffRow> {
  readonly outbox: Map<string, OutboxRow>;
  /** Intent ids whose outbox row is not settled yet. */
  readonly open: Set<string>;
  readonly executions: Map<string, ExecutionRow>;
  readonly changes: Map<number, SeenChange>;
  readonly counters: Map<"changes", number>;
}

export function createMemoryRows(): MemoryRows {
  return {
    handoffs: new Map(),
    outbox: new Map(),
    claims: new Map(),
    newest: new Map(),
    open: new Set(),
    executions: new Map(),
    changes: new Map(),
    counters: new Map(),
  };
}

type HandoffNames =
  | "insertClaim"
  | "claimOf"
  | "latestHandoff"
  | "lockLatestHandoff"
  | "readEntry"
  | "lockEntry"
  | "writeHandoff"
  | "handoffsOfExecution"
  | "handoffsToPurge";

export function entryOf(rows: MemoryRows, intentId: string): Entry | null {
  const handoff = rows.handoffs.get(intentId);
  const outbox = rows.outbox.get(intentId);
  return handoff && outbox ? { ...handoff, outbox } : null;
}

export function entries(rows: MemoryRows): Entry[] {
  return [...rows.handoffs.keys()].map((id) => entryOf(rows, id)).filter((entry) => entry !== null);
}

export function handoffAnswers(rows: MemoryRows): Pick<Answers, HandoffNames> {
  return {
    insertClaim({ handoff, outbox }) {
      if (!insertClaim(rows, handoff)) return false;
      const { tenant, conversationId, epoch, intentId, ids = null } = handoff;
      writeOutboxRow(rows, outbox);
      addChange(rows, { at: handoff.createdAt, tenant, conversationId, epoch, intentId, type: handoff.state, ids });
      return true;
    },
    claimOf: (of) => holderOf(rows, of),
    latestHandoff: (of) => newestOf(rows, of),
    lockLatestHandoff: (of) => newestOf(rows, of),
    readEntry: ({ intentId }) => entryOf(rows, intentId),
    lockEntry: ({ intentId }) => entryOf(rows, intentId),
    writeHandoff(row) {
      rows.handoffs.set(row.intentId, row);
    },
    handoffsOfExecution: ({ tenant, executionId }) =>
      entries(rows).filter((row) => row.tenant === tenant && row.executionId === executionId),
    handoffsToPurge: ({ tenant, conversationId, before, limit }) =>
      entries(rows)
        .filter(
          (row) =>
            row.tenant === tenant &&
            row.purgedAt === null &&
            (conversationId === null || row.conversationId === conversationId) &&
            (before === null || row.createdAt < before),
        )
        .slice(0, limit),
  };
}

type ExecutionNames =
  | "insertExecution"
  | "readExecution"
  | "finishExecution"
  | "deleteExecution"
  | "extendExecutions"
  | "executionsToPurge"
  | "purgeExecution"
  | "rewindTransfers"
  | "dropExpired";

export function executionAnswers(rows: MemoryRows): Pick<Answers, ExecutionNames> {
  const { executions } = rows;
  const key = (of: { tenant: string; executionId: string }): string => keyOf(of.tenant, of.executionId);
  return {
    insertExecution(row) {
      if (executions.has(key(row))) return false;
      executions.set(key(row), row);
      return true;
    },
    readExecution: (of) => executions.get(key(of)) ?? null,
    finishExecution(input) {
      const row = executions.get(key(input));
      if (!row || row.owner !== input.owner) return false;
      if (row.outcome !== null && !(input.overLost && row.lostAt !== null)) return false;
      if (input.leaseUntil !== null && row.leaseUntil !== input.leaseUntil) return false;
      if ((row.purgedAt !== null) !== input.purged) return false;
      const { outcome, expiresAt, lostAt } = input;
      executions.set(key(input), { ...row, outcome, expiresAt, lostAt });
      return true;
    },
    deleteExecution(input) {
      const row = executions.get(key(input));
      if (!row || row.owner !== input.owner || (row.outcome === null) !== input.running) return false;
      return executions.delete(key(input));
    },
    extendExecutions({ owners, leaseUntil }) {
      for (const [id, row] of executions) {
        if (row.outcome === null && owners.includes(row.owner)) executions.set(id, { ...row, leaseUntil });
      }
    },
    executionsToPurge: ({ tenant, conversationId, before, limit }) =>
      [...executions.values()]
        .filter(
          (row) =>
            row.tenant === tenant &&
            row.purgedAt === null &&
            (conversationId === null || row.conversationId === conversationId) &&
            (before === null || row.startedAt < before),
        )
        .slice(0, limit),
    purgeExecution(input) {
      const row = executions.get(key(input));
      if (!row || (row.outcome === null) !== (input.outcome === null)) return false;
      executions.set(key(input), { ...row, outcome: input.outcome, purgedAt: input.purgedAt });
      return true;
    },
    rewindTransfers({ now, farthest }) {
      for (const [id, row] of rows.handoffs) {
        if (row.state === "transferring" && row.createdAt > farthest) rows.handoffs.set(id, { ...row, createdAt: now });
      }
    },
    dropExpired({ now, changesBefore }) {
      for (const [id, row] of executions) if (row.expiresAt <= now) executions.delete(id);
      for (const [seq, change] of rows.changes) if (change.at < changesBefore) rows.changes.delete(seq);
      forgetEarlierEpochs(rows, changesBefore);
    },
  };
}

/**
 * Nothing but the end of the process frees this store, so what no answer depends on any more goes: settled hand-offs of earlier epochs.
 * A conversation's newest hand-off stays, for as long as it takes: without it the bot would speak again.
 */
function forgetEarlierEpochs(rows: MemoryRows, before: number): void {
  for (const row of rows.handoffs.values()) {
    const { intentId, createdAt } = row;
    if (createdAt >= before || rows.open.has(intentId) || newestOf(rows, row)?.intentId === intentId) continue;
    deleteClaim(rows, row);
    rows.outbox.delete(intentId);
  }
}

export function writeOutboxRow(rows: MemoryRows, row: OutboxRow): void {
  rows.outbox.set(row.intentId, row);
  if (row.status === "waiting" || row.status === "sending") rows.open.add(row.intentId);
  else rows.open.delete(row.intentId);
}

export function addChange(rows: MemoryRows, change: ChangeRow): void {
  const seq = (rows.counters.get("changes") ?? 0) + 1;
  rows.counters.set("changes", seq);
  rows.changes.set(seq, { ...change, cursor: String(seq) });
}

type ChangeNames =
  | "insertChange"
  | "changesAfter"
  | "lastChange"
  | "cursorOfOld"
  | "unnumberedChanges"
  | "numberChanges";

export function changeAnswers(rows: MemoryRows): Pick<Answers, ChangeNames> {
  return {
    insertChange: (change) => addChange(rows, change),
    changesAfter({ after, limit }) {
      const seen: SeenChange[] = [];
      const last = rows.counters.get("changes") ?? 0;
      for (let seq = Number(after) + 1; seq <= last && seen.length < limit; seq += 1) {
        const change = rows.changes.get(seq);
        if (change) seen.push(change);
      }
      return seen;
    },
    lastChange: () => String(rows.counters.get("changes") ?? 0),
    cursorOfOld: () => "0",
    unnumberedChanges: () => false,
    numberChanges: () => false,
  };
}
