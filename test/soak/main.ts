/**
 * `npm run soak -- --runs 10000`: hostile and benign runs of several tenants, mixed and many at once, through the public library.
 * Prints one line of JSON with its figures; exit status 1 if a benign run was lost, something was left behind, or memory kept growing.
 */
import { readFileSync, readdirSync } from "node:fs";
import { createRuntime, type Outcome, type Runtime } from "../../runtime/index.ts";
import { readFlags, refuse } from "../../scripts/flags.ts";
import { childPids } from "../processes.ts";
import { HOSTILE } from "./hostile.ts";

const USAGE = `Usage: npm run soak -- [--runs 10000] [--hostile 0.1] [--short]

  --runs N        runs in all, of six tenants, 24 at once
  --hostile N     the share of them that is hostile, from 0 to 1
  --short         300 runs: a minute
Prints one line of JSON with its figures. Exit status 1 where a benign run or a hand-off was lost, a hostile one was not held, something was left behind, or
memory kept growing; 2 where it was asked for what there is not.`;

const { runs: RUNS, hostile: HOSTILE_SHARE } = readArguments();
const AT_ONCE = 24;
const TENANTS = 6;
const LIMITS = { cpuMs: 150, wallMs: 2_000, memoryMiB: 32 };
/** A benign run waits its turn behind hostile ones of its own tenant; it must not be ended for that. */
const BENIGN_LIMITS = { cpuMs: 2_000, wallMs: 10_000, memoryMiB: 32 };
const MIB = 1024 * 1024;
const ENOUGH_SAMPLES = 4;

const tally = { benign: 0, hostile: 0, benignLost: 0, retried: 0, handoffsLost: 0, hostileUnheld: 0 };
const statuses: Record<string, number> = {};
const hostMiB: number[] = [];
const workersMiB: number[] = [];

const began = performance.now();
// What a process opens once and keeps is not the runtime's.
await (await createRuntime()).close();
const before = { descriptors: countDescriptors(), children: childPids().length };
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const runtime = await createRuntime({ workers: 8, logger });
let started = 0;
await Promise.all(Array.from({ length: AT_ONCE }, () => flyOn()));
await runtime.close();
const after = { descriptors: countDescriptors(), children: childPids().length };
report();

function readArguments(): { readonly runs: number; readonly hostile: number } {
  const values = readFlags(USAGE, {
    runs: { type: "string" },
    hostile: { type: "string", default: "0.1" },
    short: { type: "boolean", default: false },
  });
  const runs = Number(values.runs ?? (values.short ? 300 : 10_000));
  const hostile = Number(values.hostile);
  if (!Number.isInteger(runs) || runs < 1) refuse("--runs is a whole number from 1", USAGE);
  if (!(hostile >= 0 && hostile <= 1)) refuse("--hostile is a number from 0 to 1", USAGE);
  return { runs, hostile };
}

async function flyOn(): Promise<void> {
  for (let number = started++; number < RUNS; number = started++) {
    if (number % 100 === 0) sample();
    // A fixed pattern, so that two soaks do the same.
    const isHostile = (number * 7_919) % 1_000 < HOSTILE_SHARE * 1_000;
    await (isHostile ? flyHostile(number) : flyBenign(number));
  }
}

async function flyHostile(number: number): Promise<void> {
  tally.hostile++;
  const action = HOSTILE[number % HOSTILE.length]!;
  const outcome = await execute(runtime, number, action.source, LIMITS);
  count("hostile", outcome);
  const held = action.mayReturn === true || outcome.status !== "returned";
  if (!held) tally.hostileUnheld++;
  if (action.handsOff === true && outcome.handoff === null && outcome.error?.code !== "WORKER_LOST")
    tally.handoffsLost++;
}

/** A benign run may be lost with its process to a neighbour of its tenant; the outcome says so, and the host runs it again if that is safe. */
async function flyBenign(number: number): Promise<void> {
  tally.benign++;
  const handsOff = number % 5 === 0;
  const source = `export async function execute_action(context) {
    let sum = 0; for (let i = 0; i < 2000; i++) sum += i;
    await null; console.log("at work");
    return { sum, n: context.args.n, evil: typeof evil${handsOff ? ", answer: hand_off_conversation(context, 'soak').success" : ""} };
  }`;
  const outcome = await execute(runtime, number, source, BENIGN_LIMITS);
  count("benign", outcome);
  const value = outcome.returnValue as { sum: number; n: number; evil: string } | undefined;
  const isRight =
    outcome.status === "returned" && value?.sum === 1_999_000 && value.n === number && value.evil === "undefined";
  // It had called the host when its process had to go: the outcome says that it was not at fault, and its hand-off stands.
  const isExcused = outcome.error?.code === "WORKER_LOST" && handsOff && outcome.handoff !== null;
  if (isExcused) tally.retried++;
  else if (!isRight) {
    tally.benignLost++;
    console.error(`benign run ${number}: ${JSON.stringify(outcome)}`);
  }
  if (handsOff && outcome.handoff === null) tally.handoffsLost++;
}

function execute(on: Runtime, number: number, source: string, limits: object): Promise<Outcome> {
  const context = { conversation: { id: `soak ${number}`, latestChannel: "chat" }, args: { n: number } };
  return on.execute({ tenant: `tenant ${number % TENANTS}`, action: { source }, context, limits });
}

function count(kind: string, { status, error }: Outcome): void {
  const key = `${kind} ${status}${error ? ` ${error.code}` : ""}`;
  statuses[key] = (statuses[key] ?? 0) + 1;
}

function sample(): void {
  hostMiB.push(process.memoryUsage().rss / MIB);
  workersMiB.push(childPids().reduce((sum, pid) => sum + residentMiB(pid), 0));
}

function report(): void {
  const seconds = (performance.now() - began) / 1_000;
  const [early, late] = [
    mean(hostMiB.slice(hostMiB.length * 0.25, hostMiB.length * 0.5)),
    mean(hostMiB.slice(hostMiB.length * 0.75)),
  ];
  // Of a few runs there are too few samples to tell.
  const growth = hostMiB.length < ENOUGH_SAMPLES ? 0 : late - early;
  const violations = [
    tally.benignLost > 0 ? "a benign run was lost" : "",
    tally.handoffsLost > 0 ? "a hand-off was lost" : "",
    tally.hostileUnheld > 0 ? "a hostile run returned" : "",
    after.children > before.children ? "a process is left" : "",
    after.descriptors > before.descriptors ? "a descriptor is left" : "",
    growth > 48 ? "the host's memory grew" : "",
  ].filter(Boolean);
  const figures = {
    runs: RUNS,
    seconds: Math.round(seconds),
    runsPerSecond: Math.round(RUNS / seconds),
    ...tally,
    statuses,
    hostMiB: { early: Math.round(early), late: Math.round(late), most: Math.round(Math.max(...hostMiB)) },
    workersMiB: { mean: Math.round(mean(workersMiB)), most: Math.round(Math.max(...workersMiB)) },
    left: { processes: after.children - before.children, descriptors: after.descriptors - before.descriptors },
    walls: runtime.walls.filter(({ stands }) => stands).map(({ name }) => name),
    violations,
  };
  console.log(JSON.stringify(figures));
  process.exitCode = violations.length === 0 ? 0 : 1;
}

function mean(all: readonly number[]): number {
  return all.length === 0 ? 0 : all.reduce((sum, each) => sum + each, 0) / all.length;
}

function countDescriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

function residentMiB(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4_096) / MIB;
  } catch {
    return 0;
  }
}
