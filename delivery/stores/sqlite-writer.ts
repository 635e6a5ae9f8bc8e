/**
 * The thread that owns the SQLite file. What arrived while the last commit was on its way to the disk shares the next one, so many
 * waiting callers pay for one sync; nobody hears an answer before the commit behind it is durable.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { operations, READS_ONLY, type OperationName } from "../operations/index.ts";
import { runAtOnce, type Answers, type Operation } from "../statements.ts";
import { sqliteAnswers } from "./sqlite-answers.ts";
import { openDatabase } from "./sqlite-database.ts";

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

interface Writer {
  readonly db: DatabaseSync;
  readonly answers: Answers;
  readonly begin: StatementSync;
  readonly beginWrite: StatementSync;
  readonly commit: StatementSync;
}

/** Runs what is waiting in one transaction. One that fails takes all back; then each is run by itself, and fails by itself. */
function commitTogether(writer: Writer, requests: readonly WriterRequest[]): readonly WriterAnswer[] {
  const failAll = (error: unknown, sure: boolean): readonly WriterAnswer[] =>
    requests.map(({ id }) => ({ id, type: "failed", sure, message: messageOf(error) }));
  const reading = requests.every(({ operation }) => READS_ONLY.has(operation as OperationName));
  let answers: readonly WriterAnswer[];
  try {
    if (reading) writer.begin.run();
    else writer.beginWrite.run();
    answers = requests.map((request) => runOne(writer, request));
  } catch (error) {
    // SQLite may have rolled it back already (disk full, say).
    if (writer.db.isTransaction) writer.db.exec("rollback");
    return requests.length === 1 ? failAll(error, true) : requests.flatMap((one) => commitTogether(writer, [one]));
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
  return { id, type: "done", result: runAtOnce(run(input), writer.answers) };
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
  port.on("message", (first: string) => {
    const batch: WriterRequest[] = [];
    for (let text: string | undefined = first; text !== undefined; text = received(port)) {
      for (const request of JSON.parse(text) as readonly WriterRequest[]) {
        if (request.operation === "close" || request.operation === "compact") {
          flush(port, writer, batch);
          if (request.operation === "compact") db.exec("pragma wal_checkpoint(truncate)");
          else db.close();
          tell(port, [{ id: request.id, type: "done", result: undefined }]);
          if (request.operation === "compact") continue;
          port.close();
          return;
        }
        batch.push(request);
        if (batch.length === COMMIT_SHARE) flush(port, writer, batch);
      }
    }
    flush(port, writer, batch);
  });
  tell(port, [{ id: 0, type: "done", result: undefined }]);
}

function flush(port: MessagePort, writer: Writer, batch: WriterRequest[]): void {
  if (batch.length === 0) return;
  tell(port, commitTogether(writer, batch));
  batch.length = 0;
}

/** As JSON text: everything that crosses is JSON, and text crosses faster than objects are cloned. */
function tell(port: MessagePort, answers: readonly WriterAnswer[]): void {
  port.postMessage(JSON.stringify(answers));
}

function received(port: MessagePort): string | undefined {
  return receiveMessageOnPort(port)?.message as string | undefined;
}

if (parentPort) serve(parentPort, (workerData as { path: string }).path);
