/** What the store says, read from its tables by statements of our own: the checker believes nothing that the product says of itself. */
import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import type { Row } from "./history.ts";

const ROWS = `select h.intent_id as "intentId", h.tenant as "tenant", h.conversation_id as "conversationId",
  h.execution_id as "executionId", h.epoch as "epoch", h.kind as "kind", h.state as "state",
  case when h.handed_back_at is null then 0 else 1 end as "handedBack", o.task as "task", o.status as "status",
  coalesce(o.code, h.code) as "code"
  from baton_handoffs h left join baton_outbox o on o.intent_id = h.intent_id`;

export async function readStore(address: string): Promise<readonly Row[]> {
  const rows = address.startsWith("sqlite:") ? ofSqlite(address.slice("sqlite:".length)) : await ofPostgres(address);
  return rows.map((row) => ({ ...row, epoch: row.epoch, handedBack: Number(row.handedBack) === 1 }));
}

function ofSqlite(path: string): Row[] {
  using db = new DatabaseSync(path, { timeout: 10_000 });
  return db.prepare(ROWS).all() as unknown as Row[];
}

async function ofPostgres(address: string): Promise<Row[]> {
  const client = new Client({ connectionString: address });
  await client.connect();
  try {
    return (await client.query<Row>(ROWS)).rows;
  } finally {
    await client.end();
  }
}
