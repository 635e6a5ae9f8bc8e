/** What must hold of every source and of every stream of bytes, wherever it comes from. Used by the tests for seconds and by `npm run fuzz` for longer. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { LimitsInput, Outcome, Runtime } from "../../runtime/index.ts";
import { DEFAULT_SANDBOX_LIMITS, type SandboxOptions, createSandbox } from "../../sandbox/index.ts";
import { readWorkerFrame, workerFrame } from "../../sandbox/protocol/worker-frames.ts";
import { readResult } from "../../sandbox/protocol/result-text.ts";
import { FrameError, FrameReader, JSON_KIND } from "../../sandbox/protocol/wire.ts";

const LIMITS = { cpuMs: 100, wallMs: 400, memoryMiB: 16, compileMs: 3_000 };
const ENDS = ["returned", "threw", "bad_result", "no_entry", "timed_out", "out_of_memory", "crashed", "cancelled"];
const STATUSES = ["returned", "threw", "timed_out", "out_of_memory", "crashed", "invalid"];

export type FuzzedLanguage = "javascript" | "python";
/** A run that looks for what the one before may have left, and what it must find. Python's first steps take longer than a script's. */
const NEXT: Readonly<
  Record<FuzzedLanguage, { filename: string; source: string; finds: unknown; limits: LimitsInput }>
> = {
  javascript: {
    filename: "action.js",
    source: "export const execute_action = () => [typeof evil, JSON.stringify([1])];",
    finds: ["undefined", "[1]"],
    limits: LIMITS,
  },
  python: {
    filename: "action.py",
    source:
      "import builtins, sys, json, gc\ndef execute_action(context):\n    return [hasattr(builtins, 'evil'), 'evil' in sys.modules, json.dumps([1]), gc.isenabled(), sys.getrecursionlimit()]\n",
    finds: [false, false, "[1]", true, 1_000],
    limits: { cpuMs: 300, wallMs: 5_000, memoryMiB: 24, compileMs: 20_000 },
  },
};

let conversations = 0;

/** Whatever the source, there is an Outcome, it is JSON, it keeps its own rules, and the next run is as if nothing had been. */
export async function holdsSource(
  runtime: Runtime,
  source: string,
  language: FuzzedLanguage = "javascript",
): Promise<void> {
  const { filename, limits, ...next } = NEXT[language];
  const outcome = await execute(runtime, source, filename, limits);
  assert.ok(STATUSES.includes(outcome.status), outcome.status);
  assert.deepEqual(JSON.parse(JSON.stringify(outcome)).status, outcome.status);
  assert.equal("returnValue" in outcome, outcome.status === "returned");
  assert.equal("error" in outcome, outcome.status !== "returned");
  assert.notEqual(outcome.error?.code, "WORKER_LOST");
  assert.doesNotMatch(
    `${outcome.error?.stack}${outcome.error?.frame}`,
    /node_modules|dist\/assets|worker\.cjs|baton:bootstrap|baton:python|<_baton/,
  );
  // Not even in what the action made of an error that it caught.
  assert.doesNotMatch(JSON.stringify(outcome), /worker\.cjs|isolated-vm boundary|node:internal|dist\/assets/);
  assert.ok(outcome.intents.length <= 20);
  assert.equal(
    outcome.handoff !== null,
    outcome.intents.some(({ verdict }) => verdict === "recorded"),
  );
  assert.equal(outcome.bot.mayReplyLater, outcome.handoff === null);
  assert.ok(outcome.logs.length <= 1_000);
  assert.equal(({} as { evil?: unknown }).evil, undefined);
  const after = await execute(runtime, next.source, filename, { ...limits, cpuMs: 5_000, wallMs: 20_000 });
  assert.deepEqual(after.returnValue, next.finds, JSON.stringify(after.error));
}

function execute(runtime: Runtime, source: string, filename: string, limits: LimitsInput): Promise<Outcome> {
  const context = { conversation: { id: `fuzz ${++conversations}`, latestChannel: "chat" }, args: { n: 1 } };
  return runtime.execute({ action: { source, filename }, context, limits });
}

/** Bytes for the worker's main channel and for the one of its synchronous calls, as the input of a run that a forged worker sends back. */
export const ECHO =
  "const { main, sync } = JSON.parse(input); raw(Buffer.from(main, 'base64')); if (sync !== '') writeSync(4, Buffer.from(sync, 'base64'));";

/** Whatever a process says that was taken over, its run comes to an end within its limits, and nothing of the host is the worse for it. */
export async function holdsWorker(
  options: SandboxOptions,
  main: readonly Buffer[],
  sync: readonly Buffer[],
): Promise<void> {
  const sandbox = createSandbox(options);
  const faults: unknown[] = [];
  const note = (fault: unknown): void => void faults.push(fault);
  process.on("unhandledRejection", note);
  try {
    const completion = await sandbox.run({
      tenant: "t",
      cordon: "c",
      script: { code: "", hash: "h" },
      entryPoints: ["run"],
      input: JSON.stringify({ main: base64(main), sync: base64(sync) }),
      hostFunctions: {
        now: { mode: "sync", handle: () => ({ value: 1 }) },
        later: { mode: "async", handle: () => Promise.resolve({ value: 1 }) },
      },
      limits: { ...DEFAULT_SANDBOX_LIMITS, wallMs: 150, cpuMs: 100 },
    });
    assert.ok(ENDS.includes(completion.end.type), completion.end.type);
    assert.ok(completion.logs.length <= DEFAULT_SANDBOX_LIMITS.logLines);
    assert.ok(completion.usage.hostCalls <= DEFAULT_SANDBOX_LIMITS.hostCalls);
  } finally {
    await sandbox.close();
    process.off("unhandledRejection", note);
  }
  assert.deepEqual(faults, []);
}

const base64 = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString("base64");

/** Whatever the bytes, reading them gives frames of the schema or one of the known refusals, and never more than arrived. */
export function holdsStream(pieces: readonly Buffer[]): void {
  const reader = new FrameReader(1024 * 1024);
  const arrived = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let read = 0;
  try {
    for (const piece of pieces)
      for (const each of reader.read(piece)) {
        read += 8 + each.body.length + (each.bytes?.length ?? 0);
        const frame = readWorkerFrame(each);
        // What was read of numbers in places is what the schema would have read of JSON text.
        if (each.kind !== JSON_KIND) workerFrame.parse(frame);
        if (frame.type !== "ended" || frame.end.type !== "returned") continue;
        const end = readResult(frame.end.json, 10_000);
        assert.ok(end.type === "returned" || end.type === "bad_result");
      }
  } catch (error) {
    const known =
      error instanceof FrameError ||
      error instanceof SyntaxError ||
      error instanceof RangeError ||
      error instanceof z.ZodError;
    if (!known) throw error;
  }
  assert.ok(read <= arrived);
  assert.equal(({} as { type?: unknown }).type, undefined);
}
