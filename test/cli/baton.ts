/** Runs the built command as a process of its own, the way a user does. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../../runtime/outcome.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const MAIN = join(ROOT, "dist/cli/main.js");
export const AS_TERMINAL = join(ROOT, "test/cli/as-terminal.js");

export interface Job {
  readonly args: readonly string[];
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Arguments of node itself. */
  readonly node?: readonly string[];
}

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// What would change the colours of the process: a build server is taken for no terminal.
const { CI: _ci, NO_COLOR: _no, FORCE_COLOR: _force, COLUMNS: _columns, NODE_OPTIONS: _options, ...ENV } = process.env;

export function start({ args, env = {}, cwd = ROOT, node = [] }: Job) {
  return spawn(process.execPath, [...node, MAIN, ...args], { cwd, env: { ...ENV, ...env }, stdio: "pipe" });
}

export function baton(job: Job): Promise<Result> {
  const child = start(job);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that ends before it has read its input is no fault of the test.
  child.stdin.on("error", () => {});
  child.stdin.end(job.stdin ?? "");
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  child.on("error", reject);
  child.on("close", (status) => {
    resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
  });
  return promise;
}

/** All of them, two at a time. */
export async function batonAll<Name extends string>(jobs: Record<Name, Job>): Promise<Record<Name, Result>> {
  const waiting = Object.entries<Job>(jobs);
  const results: Record<string, Result> = {};
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next[0]] = await baton(next[1]);
  };
  await Promise.all([work(), work()]);
  return results as Record<Name, Result>;
}

/** The one Outcome on standard output, and that there is nothing else. */
export function outcomeOf({ stdout }: Result): Outcome {
  const lines = stdout.split("\n");
  if (lines.length !== 2 || lines[1] !== "")
    throw new Error(`not one line on standard output: ${stdout.slice(0, 500)}`);
  return JSON.parse(lines[0]!) as Outcome;
}

/** A folder that is gone when the test is over: `using folder = tempFolder({ "a.ts": "…" })`. */
export function tempFolder(files: Readonly<Record<string, string | Buffer>> = {}) {
  const path = mkdtempSync(join(tmpdir(), "baton-test-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function context(channel: string, args: unknown, more: Record<string, unknown> = {}): string {
  const call = channel === "phone" ? { call: { id: "call_1", from: "+15550100123", to: "+15550100200" } } : {};
  return JSON.stringify({ conversation: { id: "conv_1", latestChannel: channel, ...call }, args, ...more });
}
