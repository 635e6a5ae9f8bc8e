/** The embedded store: one SQLite file, written by a thread of its own, so that a commit never blocks the process that waits for it. */
import { ownFile } from "../base/own-files.ts";
import { Worker } from "node:worker_threads";
import { HostFault } from "../base/fault.ts";
import { parseJson } from "../base/large-json/read.ts";
import { isPromise } from "../base/promises.ts";
import { createSlices } from "../base/slices.ts";
import { createFairTurns } from "./fair-turns.ts";
import type { MigrateMode } from "./migrate.ts";
import {
  requireHeld,
  type OperationInput,
  type OperationResult,
  type Operations,
  type AnySchema,
  type StoreSchema,
} from "./schema.ts";
import { hostFault } from "./sqlite-fault.ts";
import type { WriterAnswer, WriterData, WriterRequest } from "./sqlite-writer.ts";
import type { Storage } from "./storage.ts";
import { storeAnswerLost, storeUnavailable, type Store } from "./store.ts";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface SqliteOptions {
  readonly schemas: readonly AnySchema[];
  readonly migrate: MigrateMode;
}

/** More than this never shares one commit: the first caller should not wait for the hundredth's work. */
const COMMIT_SHARE = 256;
/** Two commits full of operations: while the thread writes one, the next is filled. */
const AT_ONCE = 2 * COMMIT_SHARE;

export async function openSqlite(path: string, { schemas, migrate }: SqliteOptions): Promise<Storage> {
  const thread = startThread({
    path,
    modules: schemas.map(({ module }) => module),
    migrate,
    commitShare: COMMIT_SHARE,
  });
  await thread.started.catch((error: unknown) => {
    const { code, retry } = error as Partial<HostFault>;
    const message = `The SQLite store ${path} could not be opened: ${Error.isError(error) ? error.message : String(error)}`;
    throw new HostFault(
      code ?? "STORE_UNAVAILABLE",
      message,
      code === "STORE_UNAVAILABLE" ? "never" : (retry ?? "never"),
      {
        cause: error,
      },
    );
  });
  const turns = createFairTurns(AT_ONCE);
  const compact = async (): Promise<boolean> => (await thread.send("compact", null)) as boolean;
  return {
    name: "sqlite",
    of<Ops extends Operations>(schema: StoreSchema<Ops>): Store<Ops> {
      requireHeld(schemas, schema);
      return {
        name: "sqlite",
        run: <K extends keyof Ops & string>(name: K, input: OperationInput<Ops, K>) =>
          turns.take(input, () => thread.send(`${schema.name}.${name}`, input) as Promise<OperationResult<Ops, K>>),
        compact,
        async close() {},
      };
    },
    compact,
    close: thread.close,
    [Symbol.asyncDispose]: thread.close,
  };
}

interface Thread {
  /** The writer answers request 0 once the file is open and its tables are there. */
  readonly started: Promise<void>;
  send(operation: WriterRequest["operation"], input: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Pages of outcomes are long: such messages are read in slices, and what is short does not wait for them. Gives what is being read. */
function listenTo(worker: Worker, settle: (answers: readonly WriterAnswer[]) => void): ReadonlySet<Promise<void>> {
  const reading = new Set<Promise<void>>();
  worker.on("message", (text: string) => {
    const answers = parseJson(text, createSlices({ isSpent: true }));
    if (!isPromise(answers)) return settle(answers as unknown as readonly WriterAnswer[]);
    const read: Promise<void> = answers.then((long) => {
      reading.delete(read);
      settle(long as unknown as readonly WriterAnswer[]);
    });
    reading.add(read);
    return undefined;
  });
  return reading;
}

function startThread(workerData: WriterData): Thread {
  const worker = new Worker(ownFile("./sqlite-writer.ts", import.meta.url), {
    workerData,
    name: "baton-sqlite-writer",
    stdin: false,
  });
  const waiting = new Map<number, Waiting>();
  let ids = 0;
  let ended: Error | null = null;
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      const why = (ended ??= new Error("The writer thread ended."));
      // What it said before is heard first.
      void Promise.all(reading).then(() => {
        for (const { reject } of waiting.values()) reject(storeAnswerLost(why));
        waiting.clear();
        resolve();
      });
    });
  });
  worker.once("error", (error) => {
    ended = Error.isError(error) ? error : new Error(String(error));
  });
  function settle(answers: readonly WriterAnswer[]): void {
    for (const answer of answers) {
      const caller = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.type === "done") caller?.resolve(answer.result);
      else caller?.reject(hostFault(answer.fault));
    }
    if (waiting.size === 0) worker.unref();
  }
  const reading = listenTo(worker, settle);
  // What is asked in one breath crosses as one message.
  const outgoing: WriterRequest[] = [];
  function post(): void {
    worker.postMessage(JSON.stringify(outgoing.splice(0)));
  }
  const started = new Promise<void>((resolve, reject) => {
    waiting.set(0, { resolve: () => resolve(), reject });
  });
  const send = (operation: WriterRequest["operation"], input: unknown): Promise<unknown> => {
    if (ended !== null) return Promise.reject(storeUnavailable(ended));
    const id = (ids += 1);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      // Only a caller that waits keeps the process alive.
      if (waiting.size === 1) worker.ref();
      outgoing.push({ id, operation, input });
      if (outgoing.length === 1) queueMicrotask(post);
    });
  };
  return {
    started,
    send,
    async close() {
      if (ended === null) await send("close", null).catch(() => {});
      ended ??= new Error("The store is closed.");
      worker.ref();
      await exited;
    },
  };
}
