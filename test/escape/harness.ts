/**
 * Runs hostile actions through the public library and real worker processes, and looks at what else must hold each time: the host stayed
 * responsive, the next run of the same tenant is unharmed and finds nothing left behind, and in the end no process is left.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import {
  type LimitsInput,
  type Outcome,
  type Runtime,
  type RuntimeOptions,
  createRuntime,
} from "../../runtime/index.ts";
import { childPids, pause, processes, workerPids } from "../processes.ts";

export interface Attack {
  /** The action. Without an export of its own it is the body of `execute_action(context)`. */
  readonly source: string;
  /** How it may end: `status` or `status CODE`. */
  readonly ends: string | readonly string[];
  readonly limits?: LimitsInput;
  readonly context?: Record<string, unknown>;
  readonly filename?: string;
  readonly check?: (outcome: Outcome) => void;
}

/**
 * Short enough to be quick, long enough that V8 can abort of its own accord. The wall clock's limit is far off: on a busy machine a run may wait
 * long for the little CPU time that it has. An attack that only waits sets a short one of its own.
 */
export const SHORT: LimitsInput = { cpuMs: 150, wallMs: 60_000, memoryMiB: 32 };
export const LONG: LimitsInput = { ...SHORT, cpuMs: 2_500 };

/** A blocked host is late by the time of a whole limit. */
const MAX_DELAY_MS = 250;
/** What a fresh worker holds with Python's image, and 192 MiB of what its runs took: an idle worker that has kept more is replaced. */
const MAX_KEPT_MIB = 140 + 192;
const MIB = 1024 * 1024;

let conversations = 0;

export function chat(more: Record<string, unknown> = {}): Record<string, unknown> {
  return { conversation: { id: `conversation ${++conversations}`, latestChannel: "chat" }, args: {}, ...more };
}

/** One test for each attack, all against one runtime. */
export function describeAttacks(
  behaviour: string,
  attacks: Readonly<Record<string, Attack>>,
  options: RuntimeOptions = {},
): void {
  describe(behaviour, () => {
    const open = useRuntime(options);
    for (const [name, attack] of Object.entries(attacks))
      test(name, async () => {
        await withstand(open(), attack);
      });
  });
}

/** A runtime for the tests of the surrounding block; closed after them, and then no process may be left. */
export function useRuntime(options: RuntimeOptions = {}): () => Runtime {
  let runtime: Runtime;
  let others: readonly number[];
  beforeAll(async () => {
    others = childPids();
    runtime = await createRuntime({ logger: SILENT, ...options, limits: { ...SHORT, ...options.limits } });
    await benign(runtime);
  });
  afterAll(async () => {
    for (const pid of workerPids()) expect(residentMiB(pid)).toBeLessThan(MAX_KEPT_MIB);
    await runtime.close();
    const left = new Set(childPids().filter((pid) => !others.includes(pid)));
    expect(processes().filter(({ pid }) => left.has(pid))).toEqual([]);
  });
  return () => runtime;
}

export async function withstand(runtime: Runtime, attack: Attack): Promise<Outcome> {
  const heapBefore = process.memoryUsage();
  const { result: outcome, delayMs } = await measureDelay(() => attempt(runtime, attack));
  // Another process of the machine can keep this one waiting. A host that an action blocked is blocked again by the same action.
  let again = delayMs;
  for (let tries = 0; again >= MAX_DELAY_MS && tries < 3; tries++)
    again = (await measureDelay(() => attempt(runtime, attack))).delayMs;
  const ended = outcome.error ? `${outcome.status} ${outcome.error.code}` : outcome.status;
  expect([attack.ends].flat()).toContain(ended);
  attack.check?.(outcome);
  expect(again).toBeLessThan(MAX_DELAY_MS);
  const heapAfter = process.memoryUsage();
  expect(heapAfter.arrayBuffers - heapBefore.arrayBuffers).toBeLessThan(32 * MIB);
  await benign(runtime);
  return outcome;
}

/** One run of an action, or of the body of one, with nothing else looked at. */
export function execute(runtime: Runtime, source: string): Promise<Outcome> {
  return attempt(runtime, { source, ends: [] });
}

function attempt(runtime: Runtime, { source, filename, limits, context }: Attack): Promise<Outcome> {
  return runtime.execute({
    action: {
      source: filename?.endsWith(".py") ? source : toModule(source),
      ...(filename === undefined ? {} : { filename }),
    },
    context: context ?? chat(),
    ...(limits ? { limits } : {}),
  });
}

/** A run that does what actions do, in a realm that no run has used before. */
export async function benign(runtime: Runtime, tenant = "default"): Promise<void> {
  const outcome = await runtime.execute({
    tenant,
    action: { source: BENIGN },
    context: chat({ args: { n: 20 } }),
    limits: { ...SHORT, cpuMs: 5_000 },
  });
  expect({ status: outcome.status, error: outcome.error, value: outcome.returnValue }).toEqual({
    status: "returned",
    error: undefined,
    value: { sum: 210, found: [], patched: [], answer: true },
  });
  expect(outcome.handoff).toMatchObject({ kind: "handoff", reason: "benign" });
}

/** Fails to be equal if an earlier run left a global, or a patched built-in, behind. */
const BENIGN = `
  const known = Object.getOwnPropertyNames(globalThis);
  export async function execute_action(context) {
    await null;
    const numbers = Array.from({ length: context.args.n }, (_, index) => index + 1);
    const natives = [JSON.parse, JSON.stringify, Promise.prototype.then, Array.prototype.push, Object.keys, Function.prototype.call, String.prototype.slice];
    return {
      sum: numbers.reduce((sum, each) => sum + each, 0),
      found: known.filter((name) => /leak|evil|stolen/i.test(name)).concat(Object.keys(Object.prototype), Object.keys(Array.prototype)),
      patched: natives.filter((each) => !/\\[native code\\]/.test(Function.prototype.toString.call(each))).map(String),
      answer: hand_off_conversation(context, "benign").success,
    };
  }`;

export function toModule(source: string): string {
  return /\bexport (?:const|async|function|default)|\bexports\b ?[.=]/.test(source)
    ? source
    : `export function execute_action(context) {\n${source}\n}`;
}

const TICK_MS = 10;

/** With the longest time for which the host did not come round to a timer of its own accord. */
export async function measureDelay<T>(work: () => Promise<T>): Promise<{ result: T; delayMs: number }> {
  let delayMs = 0;
  let seen = { at: performance.now(), unscheduledMs: unscheduledMs() };
  const look = (): void => {
    const now = { at: performance.now(), unscheduledMs: unscheduledMs() };
    delayMs = Math.max(delayMs, now.at - seen.at - (now.unscheduledMs - seen.unscheduledMs) - TICK_MS);
    seen = now;
  };
  const ticking = setInterval(look, TICK_MS);
  try {
    const result = await work();
    await pause(2 * TICK_MS);
    return { result, delayMs };
  } finally {
    clearInterval(ticking);
  }
}

/** Milliseconds for which this thread was ready and the machine busy with others; 0 where the system does not say. */
function unscheduledMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

const nothing = (): void => undefined;
export const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export function residentMiB(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096) / MIB;
  } catch {
    return 0;
  }
}
