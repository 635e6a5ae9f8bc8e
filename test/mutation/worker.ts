/**
 * The thread in which mutants are tried: it loads the target's sources with all their mutants in, gathers the tests, and runs them for one
 * mutant after another until a test fails. An endless loop of a mutant's is ended from outside.
 */
import { registerHooks } from "node:module";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { mutate, SWITCH, type Mutant } from "./mutants.ts";
import type { Target } from "./targets.ts";

const root = new URL("../../", import.meta.url);
interface Work {
  readonly target: Target;
  readonly skip: readonly number[];
  /** The one mutant to try, chosen before the sources are loaded; null: all that need no such choice. */
  readonly chosen: number | null;
}
const { target, skip, chosen } = workerData as Work;
(globalThis as Record<string, unknown>)[SWITCH] = chosen ?? undefined;
const globals = new URL("jest-globals.ts", import.meta.url).href;
const mutants: Mutant[] = [];
const sources = new Map<string, string>();
for (const file of target.sources) {
  const made = mutate(file, readFileSync(new URL(file, root), "utf8"), mutants.length);
  mutants.push(...made.mutants);
  sources.set(new URL(file, root).href, made.source);
}
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@jest/globals" ? { url: globals, shortCircuit: true } : next(specifier, context),
  load(url, context, next) {
    const source = sources.get(url);
    return source === undefined ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
  },
});
for (const file of target.tests) await import(pathToFileURL(fileURLToPath(new URL(file, root))).href);
const { allTests } = await import("./jest-globals.ts");
const port = parentPort!;
// What a mutant leaves behind is a matter of its own run.
process.on("unhandledRejection", () => {});
/** A test that takes so many times what it took without a mutant, and this much more, hangs. */
const SLOW = 5;
const SLOW_MS = 1_500;

/** The tests that noticed something go first, since mutants of one place are noticed by the same ones; of the others the quick ones. */
const order = allTests().map((test) => ({ test, noticed: 0, honestMs: 20_000 }));

async function run({ test, honestMs }: (typeof order)[number]): Promise<Error | null> {
  let failure: unknown = null;
  const timer = Promise.withResolvers<never>();
  const late = setTimeout(() => timer.reject(new Error("too slow")), SLOW * honestMs + SLOW_MS);
  try {
    for (const each of test.before) await each();
    await Promise.race([test.body(), timer.promise]);
  } catch (error) {
    failure = error ?? new Error("thrown");
  }
  clearTimeout(late);
  for (const each of test.after)
    await Promise.race([each(), new Promise((resolve) => setTimeout(resolve, 500))]).then(null, () => {});
  return failure === null ? null : failure instanceof Error ? failure : new Error("what is no error was thrown");
}

async function firstFailure(): Promise<{ name: string; message: string } | null> {
  for (const each of order.toSorted((a, b) => b.noticed - a.noticed || a.honestMs - b.honestMs)) {
    const started = performance.now();
    const error = await run(each);
    each.honestMs = Math.min(each.honestMs, performance.now() - started);
    if (error === null) continue;
    each.noticed += 1;
    return { name: each.test.name, message: error.message.slice(0, 300) };
  }
  return null;
}

async function tryOne(id: number): Promise<void> {
  (globalThis as Record<string, unknown>)[SWITCH] = id;
  const failure = await firstFailure();
  (globalThis as Record<string, unknown>)[SWITCH] = undefined;
  port.postMessage({ type: "tried", id, by: failure?.name ?? null });
}

async function tryAll(): Promise<void> {
  port.postMessage({ type: "mutants", mutants });
  const honest = await firstFailure();
  if (honest !== null) {
    port.postMessage({ type: "red", honest });
    return;
  }
  const left = new Set(skip);
  for (const { id, isStatic } of mutants) {
    if (left.has(id) || isStatic) continue;
    port.postMessage({ type: "trying", id });
    await tryOne(id);
  }
  port.postMessage({ type: "done" });
}

await (chosen === null ? tryAll() : tryOne(chosen));
process.exit(0);
