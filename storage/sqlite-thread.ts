/** A thread of this process that has a SQLite file open, from the side of those that ask it (sqlite-worker.ts is what runs in it). */
import { Worker } from "node:worker_threads";
import { ownFile } from "../base/own-files.ts";
import { parseJson } from "../base/large-json/read.ts";
import { isPromise } from "../base/promises.ts";
import { createSlices } from "../base/slices.ts";
import { hostFault } from "./sqlite-fault.ts";
import type { ThreadAnswer, ThreadData, ThreadRequest } from "./sqlite-worker.ts";
import { storeAnswerLost, storeUnavailable } from "./store.ts";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Thread {
  /** The thread answers request 0 with the file's identity, once it is open and its tables are there. */
  readonly started: Promise<string | null>;
  /** There are requests that it has not answered. */
  isBusy(): boolean;
  hasEnded(): boolean;
  send(operation: ThreadRequest["operation"], input: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Pages of outcomes are long: such messages are read in slices, and what is short does not wait for them. Gives what is being read. */
function listenTo(worker: Worker, settle: (answers: readonly ThreadAnswer[]) => void): ReadonlySet<Promise<void>> {
  const reading = new Set<Promise<void>>();
  worker.on("message", (text: string) => {
    const answers = parseJson(text, createSlices({ isSpent: true }));
    if (!isPromise(answers)) return settle(answers as unknown as readonly ThreadAnswer[]);
    const read: Promise<void> = answers.then((long) => {
      reading.delete(read);
      settle(long as unknown as readonly ThreadAnswer[]);
    });
    reading.add(read);
    return undefined;
  });
  return reading;
}

/** What is asked in one breath crosses as one message. */
function postsTo(worker: Worker): (request: ThreadRequest) => void {
  const outgoing: ThreadRequest[] = [];
  return (request) => {
    outgoing.push(request);
    if (outgoing.length > 1) return;
    // After the promises that are due: what one request asks in a row, and what others ask beside it, shares a commit.
    process.nextTick(() => worker.postMessage(JSON.stringify(outgoing.splice(0))));
  };
}

export function startThread(workerData: ThreadData): Thread {
  const task = workerData.readsOf === undefined ? "writing" : "reading";
  const worker = new Worker(ownFile("./sqlite-worker.ts", import.meta.url), {
    workerData,
    name: `baton-sqlite-${task}`,
    stdin: false,
  });
  const waiting = new Map<number, Waiting>();
  let ids = 0;
  let ended: Error | null = null;
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      const why = (ended ??= new Error(`SQLite's ${task} thread ended.`));
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
  function settle(answers: readonly ThreadAnswer[]): void {
    for (const answer of answers) {
      const caller = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.type === "done") caller?.resolve(answer.result);
      else caller?.reject(hostFault(answer.fault));
    }
    if (waiting.size === 0) worker.unref();
  }
  const reading = listenTo(worker, settle);
  const post = postsTo(worker);
  const started = new Promise<string | null>((resolve, reject) => {
    waiting.set(0, { resolve: (file) => resolve(file as string | null), reject });
  });
  const send = (operation: ThreadRequest["operation"], input: unknown): Promise<unknown> => {
    if (ended !== null) return Promise.reject(storeUnavailable(ended));
    const id = (ids += 1);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      // Only a caller that waits keeps the process alive.
      if (waiting.size === 1) worker.ref();
      post({ id, operation, input });
    });
  };
  return {
    started,
    send,
    isBusy: () => waiting.size > 0,
    hasEnded: () => ended !== null,
    async close() {
      if (ended === null) await send("close", null).catch(() => {});
      ended ??= new Error("The store is closed.");
      worker.ref();
      await exited;
    },
  };
}
