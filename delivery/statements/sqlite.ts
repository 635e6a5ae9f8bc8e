/** What each statement is in SQLite. There is one writer at a time, so nothing needs a lock of its own. */
import type { SqliteDatabase } from "../../storage/index.ts";
import type { SeenChange } from "../rows.ts";
import type { SqlStatements } from "../../storage/sql.ts";
import { preparedRun, sqlAnswers } from "../../storage/statements/sqlite.ts";
import type { Answers } from "./questions.ts";
import { CHANGE_LIST, DUE, LEASED, leaseParameters, SETTLE, sharedStatements } from "./shared.ts";

const DIALECT = { lock: "", lockEntry: "", each: (parameter: string) => `select value from json_each(${parameter})` };

export function sqliteAnswers(db: SqliteDatabase): Answers {
  const shared = sqlAnswers(db, sharedStatements(DIALECT) as unknown as SqlStatements);
  return { ...(shared as unknown as Omit<Answers, keyof Own>), ...own(db) };
}

type Own = Pick<Answers, "insertClaim" | "leaseDue" | "settleLease" | "changesAfter" | "lastChange" | "dropExpired">;

function own(db: SqliteDatabase): Own {
  const prepare = (text: string) => preparedRun(db, text);
  const shared = sharedStatements(DIALECT);
  // The hot ones: by position, and only what a new row does not have by default.
  const claimHandoff =
    db.prepare(`insert into baton_handoffs (intent_id, tenant, conversation_id, epoch, execution_id, kind, state,
    reason, phone_destination, live_call, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`);
  const claimOutbox = db.prepare(`insert into baton_outbox (intent_id, task, status, attempts, next_at, lease_token)
    values (?, ?, 'waiting', 0, ?, 0)`);
  const claimChange = db.prepare(`insert into baton_changes (at, tenant, conversation_id, epoch, intent_id, type)
    values (?, ?, ?, ?, ?, ?)`);
  const insertChange = prepare(shared.insertChange.text);
  const leaseRows = prepare(
    `update baton_outbox set ${LEASED} where intent_id in (select intent_id from baton_outbox where ${DUE}) returning intent_id as "intentId"`,
  );
  const entry = prepare(shared.readEntry.text);
  const settle = prepare(SETTLE);
  const changes = prepare(
    `select ${CHANGE_LIST}, cast(c.seq as text) as "cursor" from baton_changes c where c.seq > :after order by c.seq limit :limit`,
  );
  const last = prepare(`select cast(coalesce(max(seq), 0) as text) as "cursor" from baton_changes`);
  const dropExecutions = prepare("delete from baton_executions where expires_at <= :now");
  const dropChanges = prepare("delete from baton_changes where at < :changesBefore");
  return {
    insertClaim({ handoff, outbox }) {
      const { intentId, tenant, conversationId, epoch, executionId, kind, state, createdAt } = handoff;
      const { reason, phoneDestination, call } = handoff;
      const said = [reason, phoneDestination, call] as const;
      const of = [intentId, tenant, conversationId, epoch] as const;
      if (claimHandoff.run(...of, executionId, kind, state, ...said, createdAt).changes === 0) return false;
      claimOutbox.run(intentId, outbox.task, createdAt);
      claimChange.run(createdAt, tenant, conversationId, epoch, intentId, state);
      return true;
    },
    leaseDue(input) {
      const taken = leaseRows(leaseParameters(input));
      return taken.flatMap((row) => shared.readEntry.read(entry(row)) ?? []);
    },
    settleLease({ outbox, change }) {
      if (settle({ ...outbox }).length === 0) return false;
      if (change !== null) insertChange({ ...change });
      return true;
    },
    changesAfter: ({ after, limit }) => changes({ after: Number(after), limit }) as unknown as readonly SeenChange[],
    lastChange: () => last({})[0]?.["cursor"] as string,
    dropExpired(input) {
      dropExecutions({ ...input });
      dropChanges({ ...input });
    },
  };
}
