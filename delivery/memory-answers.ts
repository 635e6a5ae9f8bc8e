/** Statements in memory: what each statement is on the maps of memory-rows.ts; those of the outbox are written out here. */
import { deleteClaim, newestOf } from "../runtime/handoffs/claims.ts";
import {
  addChange,
  changeAnswers,
  entries,
  entryOf,
  executionAnswers,
  handoffAnswers,
  writeOutboxRow,
  type MemoryRows,
} from "./memory-rows.ts";
import type { Entry, OutboxRow } from "./rows.ts";
import type { Answers, EntryFilter } from "./statements/questions.ts";

export function memoryAnswers(rows: MemoryRows): Answers {
  return { ...handoffAnswers(rows), ...executionAnswers(rows), ...outboxAnswers(rows), ...changeAnswers(rows) };
}

type OutboxNames =
  | "writeOutbox"
  | "leaseDue"
  | "renewLeases"
  | "rewindPauses"
  | "rewindLeases"
  | "settleLease"
  | "overdueTransfers"
  | "listEntries"
  | "countEntries"
  | "handoffsToExpire"
  | "deleteOutbox"
  | "deleteHandoff";

function outboxAnswers(rows: MemoryRows): Pick<Answers, OutboxNames> {
  const { outbox, handoffs } = rows;
  const open = (): OutboxRow[] => openRows(rows);
  return {
    writeOutbox: (row) => writeOutboxRow(rows, row),
    leaseDue: (request) => leaseDue(rows, request),
    renewLeases: ({ owner, intentIds, until }) =>
      intentIds.filter((intentId) => {
        const row = outbox.get(intentId);
        if (row?.leaseOwner !== owner || row.status !== "waiting") return false;
        outbox.set(intentId, { ...row, leaseUntil: until });
        return true;
      }),
    settleLease({ outbox: row, change }) {
      const held = outbox.get(row.intentId);
      if (held?.leaseToken !== row.leaseToken || held.status !== "waiting") return false;
      writeOutboxRow(rows, row);
      if (change !== null) addChange(rows, change);
      return true;
    },
    rewindPauses({ now, farthest }) {
      for (const row of open()) if (row.nextAt > farthest) outbox.set(row.intentId, { ...row, nextAt: now });
    },
    rewindLeases({ now, farthest }) {
      for (const row of open())
        if (row.leaseUntil !== null && row.leaseUntil > farthest) outbox.set(row.intentId, { ...row, leaseUntil: now });
    },
    overdueTransfers: (request) => overdueTransfers(rows, request),
    listEntries: ({ filter, after, limit }) =>
      filtered(rows, filter)
        .sort((a, b) => b.createdAt - a.createdAt || (a.intentId < b.intentId ? -1 : 1))
        .filter(
          (row) =>
            after === null || row.createdAt < after.at || (row.createdAt === after.at && row.intentId > after.intentId),
        )
        .slice(0, limit),
    countEntries: (filter) =>
      [...Map.groupBy(filtered(rows, filter), ({ outbox }) => outbox.status)].map(([status, of]) => ({
        status,
        rows: of.length,
      })),
    handoffsToExpire: ({ before, limit }) =>
      entries(rows)
        .filter((row) => row.createdAt < before && !rows.open.has(row.intentId))
        .filter(
          (row) => changedAt(row) < before && (row.purgedAt === null || newestOf(rows, row)?.intentId !== row.intentId),
        )
        .slice(0, limit),
    deleteOutbox: ({ intentId }) => !rows.open.has(intentId) && outbox.delete(intentId),
    deleteHandoff({ intentId }) {
      const handoff = handoffs.get(intentId);
      return handoff !== undefined && deleteClaim(rows, handoff);
    },
  };
}

type Request<Name extends OutboxNames> = Parameters<Answers[Name]>[0];
const openRows = ({ open, outbox }: MemoryRows): OutboxRow[] => [...open].map((id) => outbox.get(id) as OutboxRow);

function leaseDue(rows: MemoryRows, { tasks, now, until, owner, limit, each, rooms }: Request<"leaseDue">): Entry[] {
  const { outbox, handoffs } = rows;
  const known = new Map(rooms.map((of) => [of.tenant, of]));
  const taken = new Map<string, number>();
  const waiting = openRows(rows)
    .filter((row) => row.status === "waiting" && tasks.includes(row.task) && row.nextAt <= now)
    .filter((row) => row.leaseUntil === null || row.leaseUntil <= now)
    .sort((a, b) => a.nextAt - b.nextAt)
    .map((row) => {
      const tenant = handoffs.get(row.intentId)?.tenant ?? "";
      const place = taken.get(tenant) ?? 0;
      taken.set(tenant, place + 1);
      const { room = each, behind = 0 } = known.get(tenant) ?? {};
      return { row, place, room, turn: place + behind };
    });
  // The first row of each tenant, then the second of each, as far as a tenant's room goes.
  const due = waiting.filter((of) => of.place < of.room).sort((a, b) => a.turn - b.turn);
  return due.slice(0, limit).map(({ row }) => {
    const triedSince = row.attempts === 0 ? now : row.triedSince;
    const leased = { ...row, leaseToken: row.leaseToken + 1, attempts: row.attempts + 1, triedSince };
    outbox.set(row.intentId, { ...leased, leaseOwner: owner, leaseUntil: until });
    return entryOf(rows, row.intentId) as Entry;
  });
}

function overdueTransfers(rows: MemoryRows, { now, recordedBefore, limit }: Request<"overdueTransfers">): OutboxRow[] {
  return openRows(rows)
    .filter((row) => {
      if (row.task !== "dial") return false;
      if (row.status === "sending") return row.leaseUntil !== null && row.leaseUntil <= now;
      const handoff = rows.handoffs.get(row.intentId);
      return row.status === "waiting" && handoff?.state === "transferring" && handoff.createdAt <= recordedBefore;
    })
    .slice(0, limit);
}

const changedAt = (row: Entry): number => row.outbox.settledAt ?? row.createdAt;

function filtered(rows: MemoryRows, filter: EntryFilter): Entry[] {
  const { status, tenant, conversationId, since, before } = filter;
  return entries(rows)
    .filter((row) => status === null || row.outbox.status === status)
    .filter((row) => tenant === null || row.tenant === tenant)
    .filter((row) => conversationId === null || row.conversationId === conversationId)
    .filter((row) => since === null || changedAt(row) >= since)
    .filter((row) => before === null || changedAt(row) < before);
}
