/** The embedded store: one SQLite file, written by a thread of its own, so that a commit never blocks the process that waits for it. */
import { Worker } from "node:worker_threads";
import { HostFault } from "../../base/fault.ts";
import type { OperationInput, OperationName, OperationResult } from "../operations/index.ts";
import type { WriterAnswer, WriterRequest } from "./sqlite-writer.ts";
import { storeAnswerLost, storeUnavailable, type Store } from "./store.ts";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export async function openSqliteStore(path: string): Promise<Store> {
  const script = import.meta.url.endsWith(".ts") ? "./sqlite-writer.ts" : "./sqlite-writer.js";
  const worker = new Worker(new URL(script, import.meta.url), {
    workerData: { path },
    name: "baton-sqlite-writer",
    stdin: false,
  });
  const waiting = new Map<number, Waiting>();
  let ids = 0;
  let ended: Error | null = null;
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      ended ??= new Error("The writer thread ended.");
      for (const { reject } of waiting.values()) reject(storeAnswerLost(ended));
      waiting.clear();
      resolve();
    });
  });
  worker.once("error", (error) => {
    ended = Error.isError(error) ? error : new Error(String(error));
  });
  worker.on("message", (text: string) => {
    for (const answer of JSON.parse(text) as readonly WriterAnswer[]) {
      const caller = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.type === "done") caller?.resolve(answer.result);
      else caller?.reject(answer.sure ? storeUnavailable(answer.message) : storeAnswerLost(answer.message));
    }
    if (waiting.size === 0) worker.unref();
  });

  const send = (operation: WriterRequest["operation"], input: unknown): Promise<unknown> => {
    if (ended !== null) return Promise.reject(storeUnavailable(ended));
    const id = (ids += 1);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      // Only somebody who waits keeps the process alive.
      if (waiting.size === 1) worker.ref();
      outgoing.push({ id, operation, input });
      if (outgoing.length === 1) queueMicrotask(post);
    });
  };
  // What is asked in one breath crosses as one message.
  const outgoing: WriterRequest[] = [];
  function post(): void {
    const requests = outgoing.splice(0);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(JSON.stringify(requests));
  }

  await started(waiting, path, () => ended);
  return {
    name: "sqlite",
    run: <K extends OperationName>(name: K, input: OperationInput<K>) =>
      send(name, input) as Promise<OperationResult<K>>,
    async compact() {
      await send("compact", null);
    },
    async close() {
      if (ended === null) await send("close", null).catch(() => {});
      ended ??= new Error("The store is closed.");
      worker.ref();
      await exited;
    },
  };
}

/** The writer answers request 0 once the file is open and its tables are there. */
function started(waiting: Map<number, Waiting>, path: string, failure: () => Error | null): Promise<void> {
  return new Promise((resolve, reject) => {
    waiting.set(0, {
      resolve: () => resolve(),
      reject: () => {
        const error = failure();
        // What a thread dies of may arrive as an error or as its text.
        const [, tooNew, message] = /^(?:Error: )?(STORE_TOO_NEW: )?([^]*)$/.exec(error?.message ?? "") ?? [];
        const code = tooNew ? "STORE_TOO_NEW" : "STORE_UNAVAILABLE";
        reject(new HostFault(code, `The SQLite store ${path} did not open: ${message}`, "never", { cause: error }));
      },
    });
  });
}
