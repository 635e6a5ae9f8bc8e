/**
 * The yardstick: the rows of a hand-off put on the disk with nothing around them. The same tables, driver, thread and grouping as the
 * store has, and none of its decisions.
 */
import { Worker, isMainThread, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Pool } from "pg";
import { openStore } from "../delivery/open-store.ts";
import { schema } from "../delivery/store-schema.ts";
import type { RecordRequest } from "../runtime/handoffs/handoffs.ts";
import { openDatabase } from "../storage/sqlite-database.ts";

export interface Bare {
  commit(row: RecordRequest): Promise<void>;
  close(): Promise<void>;
}

const HANDOFF = `insert into bare_handoffs values (?, ?, ?, ?, ?, ?, ?, null, ?, null, null, ?, null, null)`;
const OUTBOX = `insert into bare_outbox values (?, 'deliver', 'waiting', 0, ?, 0, null, null, null, null)`;
const CHANGE = `insert into bare_changes (at, tenant, conversation_id, epoch, intent_id, type) values (?, ?, ?, ?, ?, ?)`;

function values(row: RecordRequest) {
  const { intentId, tenant, conversationId, epoch, executionId, kind, reason } = row;
  const at = Date.now();
  return {
    handoff: [intentId, tenant, conversationId, epoch, executionId, kind, "handed_off", reason, at],
    outbox: [intentId, at],
    change: [at, tenant, conversationId, epoch, intentId, "handed_off"],
  };
}

export async function bareSqlite(path: string): Promise<Bare> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { bare: path } });
  const waiting: (() => void)[] = [];
  worker.on("message", () => waiting.shift()?.());
  return {
    commit: (row) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        worker.postMessage(row);
      }),
    async close() {
      await worker.terminate();
    },
  };
}

function serveBare(path: string): void {
  const db = openDatabase(path, [schema], "auto");
  for (const table of ["handoffs", "outbox", "changes"]) db.exec(`alter table baton_${table} rename to bare_${table}`);
  const [handoff, outbox, change] = [HANDOFF, OUTBOX, CHANGE].map((text) => db.prepare(text));
  parentPort?.on("message", (first: RecordRequest) => {
    const rows = [first];
    for (
      let next = parentPort && receiveMessageOnPort(parentPort);
      next;
      next = parentPort && receiveMessageOnPort(parentPort)
    ) {
      rows.push(next.message as RecordRequest);
    }
    db.exec("begin immediate");
    for (const row of rows) {
      const bound = values(row);
      handoff?.run(...bound.handoff);
      outbox?.run(...bound.outbox);
      change?.run(...bound.change);
    }
    db.exec("commit");
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    for (const _ of rows) parentPort?.postMessage(null);
  });
}

export async function barePostgres(url: string): Promise<Bare> {
  await (await openStore(url)).close();
  const pool = new Pool({ connectionString: url, max: 10 });
  // The server may end a connection first.
  pool.on("error", () => {});
  for (const table of ["handoffs", "outbox", "changes"]) {
    await pool.query(`create table bare_${table} (like baton_${table} including all)`);
  }
  // One statement, one commit, as the store does it, with the values bound and nothing decided.
  const text = `with handoff as (insert into bare_handoffs values ($1, $2, $3, $4, $5, $6, $7, null, $8, null, null, $9, null, null)),
    outbox as (insert into bare_outbox values ($1, 'deliver', 'waiting', 0, $9, 0, null, null, null, null))
    insert into bare_changes (at, tenant, conversation_id, epoch, intent_id, type) values ($9, $2, $3, $4, $1, $7)`;
  return {
    async commit(row) {
      await pool.query({ name: "bare", text, values: values(row).handoff });
    },
    close: () => pool.end(),
  };
}

if (!isMainThread && (workerData as { bare?: string } | null)?.bare !== undefined) {
  serveBare((workerData as { bare: string }).bare);
}
