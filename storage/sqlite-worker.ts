/**
 * The inside of a thread that has the SQLite file open: of the one that writes, and of the one that only reads. What arrived while the last commit was
 * on its way to the disk shares the next one, so many waiting callers pay for one sync; no caller gets an answer before the commit behind it is durable.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import type { MigrateMode } from "./migrate.ts";
import type { AnySchema } from "./schema.ts";
import { openDatabase, openToRead, BUSY_MS } from "./sqlite-database.ts";
import { faultOf, fileGone, type Failed, type SqliteFault } from "./sqlite-fault.ts";
import { openedFile, type OpenedFile } from "./sqlite-file.ts";
import { hasRoom } from "./sqlite-room.ts";
import { runAtOnce, type Operation } from "./statements.ts";
import { truncateLog } from "./statements/sqlite.ts";

export interface ThreadData {
  readonly path: string;
  /** The modules that export the schemas. */
  readonly modules: readonly string[];
  readonly migrate: MigrateMode;
  /** More operations than this never share one commit. */
  readonly commitShare: number;
  /** It only reads this file, by its identity; absent: it makes the tables and writes. */
  readonly readsOf?: string | null;
}

export interface ThreadRequest {
  readonly id: number;
  /** "SCHEMA.OPERATION", or what the thread itself is asked for. */
  readonly operation: string;
  readonly input: unknown;
}

export type ThreadAnswer =
  | { readonly id: number; readonly type: "done"; readonly result: unknown }
  | { readonly id: number; readonly type: "failed"; readonly fault: SqliteFault };

interface OpenDatabase {
  readonly db: DatabaseSync;
  /** Null in memory. */
  readonly file: OpenedFile | null;
  /** By "SCHEMA.OPERATION". */
  readonly operations: ReadonlyMap<string, (input: unknown) => unknown>;
  readonly readsOnly: ReadonlySet<string>;
  readonly begin: StatementSync;
  readonly beginWrite: StatementSync;
  readonly commit: StatementSync;
}

/** Runs what is waiting in one transaction. One that fails takes all back; then each is run by itself, and fails by itself. */
function commitTogether(opened: OpenDatabase, requests: readonly ThreadRequest[]): readonly ThreadAnswer[] {
  const failAll = (fault: SqliteFault): readonly ThreadAnswer[] =>
    requests.map(({ id }) => ({ id, type: "failed", fault }));
  const reading = requests.every(({ operation }) => opened.readsOnly.has(operation));
  if (opened.file?.isThere() === false) return failAll(fileGone(opened.file.path));
  let answers: readonly ThreadAnswer[];
  try {
    if (reading) opened.begin.run();
    else opened.beginWrite.run();
    answers = requests.map((request) => runOne(opened, request));
  } catch (error) {
    rollBack(opened.db);
    if (requests.length === 1) return failAll(writeFault(opened, error, "before-commit"));
    return requests.flatMap((one) => commitTogether(opened, [one]));
  }
  try {
    opened.commit.run();
  } catch (error) {
    rollBack(opened.db);
    return failAll(writeFault(opened, error, reading ? "before-commit" : "at-commit"));
  }
  return answers;
}

const writeFault = ({ file }: OpenDatabase, error: unknown, where: Failed["where"]): SqliteFault =>
  faultOf(error, { where, hasRoom: () => file === null || hasRoom(file.path) });

/** SQLite may have rolled it back already (disk full, say). */
function rollBack(db: DatabaseSync): void {
  if (!db.isTransaction) return;
  try {
    db.exec("rollback");
  } catch {
    // What could not be rolled back now is rolled back by the next reader of the log.
  }
}

function runOne(opened: OpenDatabase, { id, operation, input }: ThreadRequest): ThreadAnswer {
  const run = opened.operations.get(operation);
  if (run === undefined) throw new Error(`The store has no operation ${operation}.`);
  return { id, type: "done", result: run(input) };
}

async function open({ path, modules, migrate, readsOf }: ThreadData): Promise<OpenDatabase> {
  const loaded = (await Promise.all(modules.map((module) => import(module)))) as { readonly schema: AnySchema }[];
  const schemas = loaded.map(({ schema }) => schema);
  const db = readsOf === undefined ? openDatabase(path, schemas, migrate) : openToRead(path);
  const location = db.location();
  const file = location === null ? null : openedFile(location);
  if (readsOf !== undefined && file?.identity !== readsOf) throw new Error(`${path} is another file by now.`);
  const operations = new Map<string, (input: unknown) => unknown>();
  for (const schema of schemas) {
    const answers = schema.sqlite(db);
    for (const [name, start] of Object.entries(schema.operations)) {
      const run = start as (input: unknown) => Operation<unknown>;
      operations.set(`${schema.name}.${name}`, (input) => runAtOnce(run(input), answers));
    }
  }
  return {
    db,
    file,
    operations,
    readsOnly: new Set(schemas.flatMap(({ name, readsOnly }) => readsOnly.map((read) => `${name}.${read}`))),
    begin: db.prepare("begin"),
    beginWrite: db.prepare("begin immediate"),
    commit: db.prepare("commit"),
  };
}

async function serve(port: MessagePort, data: ThreadData): Promise<void> {
  let opened: OpenDatabase;
  try {
    opened = await open(data);
  } catch (error) {
    post(port, [{ id: 0, type: "failed", fault: faultOf(error, { where: "before-commit" }) }]);
    port.close();
    return;
  }
  port.on("message", (first: string) => {
    const batch: ThreadRequest[] = [];
    for (let text: string | undefined = first; text !== undefined; text = received(port)) {
      for (const request of JSON.parse(text) as readonly ThreadRequest[]) {
        if (request.operation === "close" || request.operation === "compact") {
          flush(port, opened, batch);
          post(port, [ownRequest(opened.db, request)]);
          if (request.operation === "compact") continue;
          port.close();
          return;
        }
        batch.push(request);
        if (batch.length === data.commitShare) flush(port, opened, batch);
      }
    }
    flush(port, opened, batch);
  });
  post(port, [{ id: 0, type: "done", result: opened.file?.identity ?? null }]);
}

function ownRequest(db: DatabaseSync, { id, operation }: ThreadRequest): ThreadAnswer {
  try {
    if (operation === "compact") return { id, type: "done", result: truncateLog(db, BUSY_MS) };
    db.close();
    return { id, type: "done", result: undefined };
  } catch (error) {
    return { id, type: "failed", fault: faultOf(error, { where: "before-commit" }) };
  }
}

function flush(port: MessagePort, opened: OpenDatabase, batch: ThreadRequest[]): void {
  if (batch.length === 0) return;
  post(port, commitTogether(opened, batch));
  batch.length = 0;
}

/** What the other thread reads in one go. */
const TOGETHER_CHARS = 60 * 1024;

/**
 * As JSON text: everything that crosses is JSON, and text crosses faster than objects are cloned. Short answers cross together; a long one, which takes the
 * other thread a while to read, crosses by itself and after them.
 */
function post(port: MessagePort, answers: readonly ThreadAnswer[]): void {
  const long: string[] = [];
  let together = "";
  for (const answer of answers) {
    const text = JSON.stringify(answer);
    if (text.length > TOGETHER_CHARS) {
      long.push(text);
      continue;
    }
    if (together.length + text.length > TOGETHER_CHARS) {
      port.postMessage(`[${together}]`);
      together = "";
    }
    together += together === "" ? text : `,${text}`;
  }
  if (together !== "") port.postMessage(`[${together}]`);
  for (const text of long) port.postMessage(`[${text}]`);
}

function received(port: MessagePort): string | undefined {
  return receiveMessageOnPort(port)?.message as string | undefined;
}

if (parentPort) await serve(parentPort, workerData as ThreadData);
