/**
 * The thread that owns the SQLite file. What arrived while the last commit was on its way to the disk shares the next one, so many
 * waiting callers pay for one sync; nobody hears an answer before the commit behind it is durable.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { operations, READS_ONLY, type OperationName } from "../operations/index.ts";
import { runAtOnce, type Answers, type Operation } from "../statements.ts";
import { sqliteAnswers } from "./sqlite-answers.ts";
import { migrations, SQLITE_DIALECT } from "./schema.ts";

export interface WriterRequest {
  readonly id: number;
  readonly operation: OperationName | "compact" | "close";
  readonly input: unknown;
}

export type WriterAnswer =
  | { readonly id: number; readonly type: "done"; readonly result: unknown }
  /** `sure`: nothing of it is in the file, nor will be. */
  | { readonly id: number; readonly type: "failed"; readonly sure: boolean; readonly message: string };

/** More than this never shares one commit: the first caller should not wait for the hundredth's work. */
const COMMIT_SHARE = 256;

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  db.exec("pragma journal_mode = wal");
  db.exec("pragma synchronous = full");
  db.exec("pragma secure_delete = on");
  migrate(db);
  return db;
}

function migrate(db: DatabaseSync): void {
  const steps = migrations(SQLITE_DIALECT);
  db.exec("begin immediate");
  try {
    const { user_version: version } = db.prepare("pragma user_version").get() as { user_version: number };
    const newest = steps.at(-1)?.version ?? 0;
    if (version > newest) throw new Error(`STORE_TOO_NEW: it has version ${version}, this release knows ${newest}.`);
    for (const step of steps.filter((step) => step.version > version)) {
      for (const statement of step.statements) db.exec(statement);
      db.exec(`pragma user_version = ${step.version}`);
    }
    db.exec("commit");
  } catch (error) {
    db.exec("rollback");
    throw error;
  }
}

interface Writer {
  readonly db: DatabaseSync;
  readonly answers: Answers;
  readonly begin: StatementSync;
  readonly beginWrite: StatementSync;
  readonly commit: StatementSync;
}

/** Runs what is waiting in one transaction; a request that fails takes only itself back. */
function commitTogether(writer: Writer, requests: readonly WriterRequest[]): readonly WriterAnswer[] {
  const failAll = (error: unknown, sure: boolean): readonly WriterAnswer[] =>
    requests.map(({ id }) => ({ id, type: "failed", sure, message: messageOf(error) }));
  const reading = requests.every(({ operation }) => READS_ONLY.has(operation as OperationName));
  try {
    if (reading) writer.begin.run();
    else writer.beginWrite.run();
  } catch (error) {
    return failAll(error, true);
  }
  const answers: WriterAnswer[] = [];
  try {
    for (const request of requests) answers.push(runOne(writer, request));
  } catch (error) {
    // The transaction itself broke (disk full, say): SQLite may have rolled it back already.
    if (writer.db.isTransaction) writer.db.exec("rollback");
    return failAll(error, true);
  }
  try {
    writer.commit.run();
  } catch (error) {
    // A failed commit may still be found whole in the log after a power cut, so nobody can say.
    if (writer.db.isTransaction) writer.db.exec("rollback");
    return failAll(error, reading);
  }
  return answers;
}

function runOne(writer: Writer, { id, operation, input }: WriterRequest): WriterAnswer {
  const run = operations[operation as OperationName] as (input: unknown) => Operation<unknown>;
  writer.db.exec("savepoint one");
  try {
    const result = runAtOnce(run(input), writer.answers);
    writer.db.exec("release one");
    return { id, type: "done", result };
  } catch (error) {
    writer.db.exec("rollback to one; release one");
    return { id, type: "failed", sure: true, message: messageOf(error) };
  }
}

const messageOf = (error: unknown): string => (Error.isError(error) ? error.message : String(error));

function serve(port: MessagePort, path: string): void {
  const db = openDatabase(path);
  const writer: Writer = {
    db,
    answers: sqliteAnswers(db),
    begin: db.prepare("begin"),
    beginWrite: db.prepare("begin immediate"),
    commit: db.prepare("commit"),
  };
  port.on("message", (first: WriterRequest) => {
    const batch: WriterRequest[] = [];
    for (let next: WriterRequest | undefined = first; next; next = received(port)) {
      if (next.operation !== "close" && next.operation !== "compact") batch.push(next);
      if (batch.length === COMMIT_SHARE || next.operation === "close" || next.operation === "compact") {
        flush(port, writer, batch);
        if (next.operation === "compact") {
          db.exec("pragma wal_checkpoint(truncate)");
          port.postMessage({ id: next.id, type: "done", result: undefined } satisfies WriterAnswer);
        }
        if (next.operation === "close") {
          db.close();
          port.postMessage({ id: next.id, type: "done", result: undefined } satisfies WriterAnswer);
          port.close();
          return;
        }
      }
    }
    flush(port, writer, batch);
  });
  port.postMessage({ id: 0, type: "done", result: undefined } satisfies WriterAnswer);
}

function flush(port: MessagePort, writer: Writer, batch: WriterRequest[]): void {
  if (batch.length === 0) return;
  for (const answer of commitTogether(writer, batch)) port.postMessage(answer);
  batch.length = 0;
}

function received(port: MessagePort): WriterRequest | undefined {
  return receiveMessageOnPort(port)?.message as WriterRequest | undefined;
}

if (parentPort) serve(parentPort, (workerData as { path: string }).path);
