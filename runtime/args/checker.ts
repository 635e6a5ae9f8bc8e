/**
 * Holds arguments to the schemas that invocations give. Schema and arguments are other people's, and a pattern, a union or a reference can cost
 * more than any run has time for: all but plain schemas are checked on threads of their own, with a deadline, one for each tenant at once.
 */
import { ownFile } from "../../base/own-files.ts";
import { Worker } from "node:worker_threads";
import { FairQueue } from "../../base/fair-queue.ts";
import { HostFault } from "../../base/fault.ts";
import { jsonText } from "../../base/large-json/write.ts";
import { type ArgsMistake, argsMistake, unusable } from "./mistake.ts";
import { isCheap, isPlain } from "./plain.ts";

export interface ArgsChecker {
  /** Null where the arguments keep to the schema. Rejects with `RUNTIME_CLOSED` alone. `argsJson` stands for long ones. */
  check(tenant: string, schema: object, args: object, argsJson?: string | null): Promise<ArgsMistake | null>;
  close(): Promise<void>;
}

export interface ArgsCheckerOptions {
  readonly threads?: number;
  readonly deadlineMs?: number;
}

interface Job {
  readonly tenant: string;
  readonly schema: string;
  readonly args: string;
  readonly settle: PromiseWithResolvers<ArgsMistake | null>;
}

export const SCHEMA_BYTES = 256 * 1024;
const QUEUE_PER_TENANT = 100;
/** Of the schemas and arguments of a tenant that wait. */
const WAITING_CHARS = 16 * 1024 * 1024;
const THREADS = 2;
const DEADLINE_MS = 2_000;
const THREAD_MIB = 64;

export function createArgsChecker({ threads = THREADS, deadlineMs = DEADLINE_MS }: ArgsCheckerOptions = {}): ArgsChecker {
  const waiting = { of: ({ schema, args }: Job) => schema.length + args.length, most: WAITING_CHARS };
  const queue = new FairQueue<Job>(QUEUE_PER_TENANT, undefined, waiting);
  const busy = new Map<string, Job>();
  const open = new Set<Worker>();
  const idle: Worker[] = [];
  let closed = false;

  const next = (): void => {
    while (busy.size < threads && queue.takeNext((job) => !busy.has(job.tenant) && begin(job)));
  };
  const begin = (job: Job): true => {
    busy.set(job.tenant, job);
    void play(job).then((mistake) => {
      busy.delete(job.tenant);
      job.settle.resolve(mistake);
      next();
    });
    return true;
  };
  const play = async (job: Job): Promise<ArgsMistake | null> => {
    const worker = idle.pop() ?? (await startThread(open));
    if (worker === null || closed) return unusable("it could not be checked.");
    worker.ref();
    const answer = await ask(worker, job, deadlineMs);
    worker.unref();
    if (answer !== "late" && answer !== "ended") {
      idle.push(worker);
      return answer;
    }
    await worker.terminate();
    return unusable(answer === "late" ? `these arguments take longer than ${deadlineMs} ms to check.` : "checking it failed.");
  };

  return {
    async check(tenant, schema, args, argsJson = null) {
      if (argsJson === null && isPlain(schema) && isCheap(schema, args)) return argsMistake(schema, args);
      const text = textOf(schema);
      if (text === null) return unusable("it is no JSON.");
      if (Buffer.byteLength(text) > SCHEMA_BYTES) return unusable(`it is larger than ${SCHEMA_BYTES} bytes.`);
      const argsText = argsJson ?? (await jsonText(args));
      if (closed) throw closedFault();
      const job = { tenant, schema: text, args: argsText, settle: Promise.withResolvers<ArgsMistake | null>() };
      if (!queue.push(tenant, job)) return unusable("too many of this tenant wait to be checked.");
      next();
      return job.settle.promise;
    },
    async close() {
      closed = true;
      queue.drain(({ settle }) => settle.reject(closedFault()));
      await Promise.all([...open].map((worker) => worker.terminate()));
    },
  };
} // prettier-ignore

/** Null where the machine has no thread to give. */
function startThread(open: Set<Worker>): Promise<Worker | null> {
  const worker = new Worker(ownFile("./thread.ts", import.meta.url), {
    name: "baton-args",
    env: {},
    execArgv: [],
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB },
  });
  open.add(worker);
  worker.on("error", () => {});
  worker.once("exit", () => open.delete(worker));
  return new Promise((resolve) => {
    worker.once("message", () => resolve(worker));
    worker.once("exit", () => resolve(null));
  });
}

function ask(worker: Worker, { schema, args }: Job, deadlineMs: number): Promise<ArgsMistake | null | "late" | "ended"> {
  return new Promise((resolve) => {
    const settle = (answer: ArgsMistake | null | "late" | "ended"): void => {
      clearTimeout(timer);
      worker.off("message", settle);
      worker.off("exit", onExit);
      resolve(answer);
    };
    const onExit = (): void => settle("ended");
    const timer = setTimeout(settle, deadlineMs, "late");
    worker.on("message", settle);
    worker.on("exit", onExit);
    worker.postMessage({ schema, args });
  });
} // prettier-ignore

function textOf(schema: object): string | null {
  try {
    return JSON.stringify(schema) ?? null;
  } catch {
    return null;
  }
}

const closedFault = (): HostFault => new HostFault("RUNTIME_CLOSED", "The runtime is closed.", "never");
