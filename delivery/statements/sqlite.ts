/** Statements in SQLite. There is one writer at a time, so nothing needs a lock of its own. */
import type { SqliteDatabase } from "../../storage/index.ts";
import type { SeenChange } from "../rows.ts";
import type { SqlStatements } from "../../storage/sql.ts";
import { preparedRun, sqlAnswers } from "../../storage/statements/sqlite.ts";
import type { Answers, OwnName } from "./questions.ts";
import { CHANGE_LIST } from "./columns.ts";
import { DUE, LEASED, leaseParameters, SETTLE, TURNS } from "./outbox.ts";
import { sharedStatements } from "./shared.ts";

const DIALECT = {
  lock: "",
  lockEntry: "",
  skipLocked: "",
  each: (parameter: string) => `select value from json_each(${parameter})`,
};

export function sqliteAnswers(db: SqliteDatabase): Answers {
  const shared = sqlAnswers(db, sharedStatements(DIALECT) as unknown as SqlStatements);
  return { ...(shared as unknown as Omit<Answers, keyof Own>), ...own(db) };
}

type Own = Pick<Answers, OwnName>;

function own(db: SqliteDatabase): Own {
  const prepare = (text: string) => preparedRun(db, text);
  const shared = sharedStatements(DIALECT);
  // The hot ones: by position, and only what a new row does not have by default.
  const claimHandoff =
    db.prepare(`insert into baton_handoffs (intent_id, tenant, conversation_id, epoch, execution_id, kind, state,
    reason, phone_destination, live_call, created_at, ids) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`);
  const claimOutbox =
    db.prepare(`insert into baton_outbox (intent_id, task, status, attempts, next_at, lease_token, tenant)
    values (?, ?, 'waiting', 0, ?, 0, ?)`);
  const claimChange = db.prepare(`insert into baton_changes (at, tenant, conversation_id, epoch, intent_id, type, ids)
    values (?, ?, ?, ?, ?, ?, ?)`);
  const insertChange = prepare(shared.insertChange.text);
  const lease = leasing(prepare);
  const entry = prepare(shared.readEntry.text);
  const settle = prepare(SETTLE);
  const changes = prepare(
    `select ${CHANGE_LIST}, cast(c.seq as text) as "cursor" from baton_changes c where c.seq > :after order by c.seq limit :limit`,
  );
  // Numbers go on where changes have been forgotten.
  const last = prepare(
    `select cast(coalesce(max(seq), 0) as text) as "cursor" from sqlite_sequence where name = 'baton_changes'`,
  );
  const dropExecutions = prepare("delete from baton_executions where expires_at <= :now");
  const dropChanges = prepare("delete from baton_changes where at < :changesBefore");
  return {
    insertClaim({ handoff, outbox }) {
      const { intentId, tenant, conversationId, epoch, executionId, kind, state, createdAt } = handoff;
      const { reason, phoneDestination, call, ids = null } = handoff;
      const said = [reason, phoneDestination, call] as const;
      const of = [intentId, tenant, conversationId, epoch] as const;
      if (claimHandoff.run(...of, executionId, kind, state, ...said, createdAt, ids).changes === 0) return false;
      claimOutbox.run(intentId, outbox.task, createdAt, tenant);
      claimChange.run(createdAt, tenant, conversationId, epoch, intentId, state, ids);
      return true;
    },
    leaseDue(input) {
      return lease(input).flatMap((row) => shared.readEntry.read(entry(row)) ?? []);
    },
    settleLease({ outbox, change }) {
      if (settle({ ...outbox }).length === 0) return false;
      if (change !== null) insertChange({ ...change });
      return true;
    },
    changesAfter: ({ after, limit }) => changes({ after: Number(after), limit }) as unknown as readonly SeenChange[],
    lastChange: () => last({})[0]?.["cursor"] as string,
    // Here a change has its number when it commits, since commits come one after another.
    cursorOfOld: () => "0",
    unnumberedChanges: () => false,
    numberChanges: () => false,
    dropExpired(input) {
      dropExecutions({ ...input });
      dropChanges({ ...input });
    },
  };
}

/** Turns are fair by tenant: the first row of each, then the second of each, as far as a tenant's room goes. */
function leasing(prepare: (text: string) => ReturnType<typeof preparedRun>) {
  const turns = prepare(`${TURNS} select tenant from turns where tenant is not null`);
  const dueOf = prepare(
    `select intent_id as "intentId", next_at as "nextAt" from baton_outbox where coalesce(tenant, '') = :tenant and ${DUE} order by next_at limit :room`,
  );
  const take = prepare(
    `update baton_outbox set ${LEASED} where intent_id in (select value from json_each(:chosen)) returning intent_id as "intentId"`,
  );
  return (input: Parameters<Answers["leaseDue"]>[0]) => {
    const parameters = leaseParameters(input);
    const rooms = new Map(input.rooms.map((of) => [of.tenant, of]));
    const candidates = turns({}).flatMap(({ tenant }) => {
      const { room = input.each, behind = 0 } = rooms.get(tenant as string) ?? {};
      if (room <= 0) return [];
      const due = dueOf({ ...parameters, tenant: tenant as string, room });
      return due.map(({ intentId, nextAt }, place) => ({ intentId, nextAt: nextAt as number, turn: place + behind }));
    });
    const chosen = candidates.sort((a, b) => a.turn - b.turn || a.nextAt - b.nextAt).slice(0, input.limit);
    if (chosen.length === 0) return [];
    return take({ ...parameters, chosen: JSON.stringify(chosen.map(({ intentId }) => intentId)) });
  };
}
