/** What each statement is in SQLite. There is one writer at a time, so nothing needs a lock of its own. */
import type { DatabaseSync } from "node:sqlite";
import type { SeenChange } from "../rows.ts";
import type { Answers, StatementName } from "../statements.ts";
import {
  CHANGE_LIST,
  DUE,
  LEASED,
  leaseParameters,
  SETTLE,
  sharedStatements,
  type Parameters,
  type SqlRow,
  type SqlStatement,
} from "./sql.ts";

const DIALECT = { lock: "", lockEntry: "", each: (parameter: string) => `select value from json_each(${parameter})` };

type Run = (parameters: Parameters) => readonly SqlRow[];

export function sqliteAnswers(db: DatabaseSync): Answers {
  const prepare = (text: string): Run => {
    const statement = db.prepare(text);
    statement.setAllowUnknownNamedParameters(true);
    return (parameters) => statement.all(parameters as Record<string, string | number | null>) as unknown as SqlRow[];
  };
  const shared = sharedStatements(DIALECT);
  const answers: Record<string, (input: never) => unknown> = {};
  for (const [name, definition] of Object.entries(shared)) {
    const { text, parameters, read } = definition as SqlStatement<StatementName>;
    const run = prepare(text);
    answers[name] = (input: never) => read(run(parameters ? parameters(input) : input));
  }
  return { ...(answers as unknown as Omit<Answers, keyof Own>), ...own(db, prepare) };
}

type Own = Pick<Answers, "insertClaim" | "leaseDue" | "settleLease" | "changesAfter" | "lastChange" | "dropExpired">;

function own(db: DatabaseSync, prepare: (text: string) => Run): Own {
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
