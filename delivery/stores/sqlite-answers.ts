/** What each statement is in SQLite. There is one writer at a time, so nothing needs a lock of its own. */
import type { DatabaseSync } from "node:sqlite";
import type { SeenChange } from "../rows.ts";
import type { Answers, StatementName } from "../statements.ts";
import {
  CHANGE_LIST,
  DUE,
  INSERT_HANDOFF,
  INSERT_OUTBOX,
  leaseParameters,
  SETTLE,
  sharedStatements,
  type Parameters,
  type SqlRow,
  type SqlStatement,
} from "./sql.ts";

type Run = (parameters: Parameters) => readonly SqlRow[];

export function sqliteAnswers(db: DatabaseSync): Answers {
  const prepare = (text: string): Run => {
    const statement = db.prepare(text);
    statement.setAllowUnknownNamedParameters(true);
    return (parameters) => statement.all(parameters as Record<string, string | number | null>) as unknown as SqlRow[];
  };
  const shared = sharedStatements("", "");
  const answers: Record<string, (input: never) => unknown> = {};
  for (const [name, definition] of Object.entries(shared)) {
    const { text, parameters, read } = definition as SqlStatement<StatementName>;
    const run = prepare(text);
    answers[name] = (input: never) => read(run(parameters ? parameters(input) : input));
  }
  return { ...(answers as unknown as Omit<Answers, keyof Own>), ...own(prepare) };
}

type Own = Pick<Answers, "insertClaim" | "leaseDue" | "settleLease" | "changesAfter" | "lastChange" | "dropExpired">;

function own(prepare: (text: string) => Run): Own {
  const shared = sharedStatements("", "");
  const insertHandoff = prepare(`${INSERT_HANDOFF} returning intent_id`);
  const insertOutbox = prepare(INSERT_OUTBOX);
  const insertChange = prepare(shared.insertChange.text);
  const leaseRows = prepare(`update baton_outbox
    set lease_token = lease_token + 1, attempts = attempts + 1, lease_owner = :owner, lease_until = :until
    where intent_id in (select intent_id from baton_outbox where ${DUE}) returning intent_id as "intentId"`);
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
      if (insertHandoff({ ...handoff }).length === 0) return false;
      insertOutbox({ ...outbox });
      const { tenant, conversationId, epoch, intentId, createdAt: at, state: type } = handoff;
      insertChange({ at, tenant, conversationId, epoch, intentId, type });
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
