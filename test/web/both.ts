/**
 * Runs the same lines in the guest and in plain Node, and compares what they give: Node's own implementation of an API is what the guest's
 * is held to. Node's side runs in a thread of its own, outside of the test runner's realm.
 */
import { deepEqual } from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import { DEFAULT_SANDBOX_LIMITS, createSandbox, readAsset, scriptImage } from "../../sandbox/index.ts";
import type { Completion, HostFunctions, Json, RunClock, SandboxLimits } from "../../sandbox/index.ts";

/** A function body over `input`; may await, returns JSON. */
export type Lines = string;

export interface GuestOptions {
  readonly clock?: RunClock;
  readonly limits?: Partial<SandboxLimits>;
  readonly hostFunctions?: HostFunctions;
  readonly preludeData?: Readonly<Record<string, Json>>;
}

export interface Both extends AsyncDisposable {
  complete(lines: Lines, input?: unknown, options?: GuestOptions): Promise<Completion>;
  inGuest(lines: Lines, input?: unknown, options?: GuestOptions): Promise<unknown>;
  inNode(lines: Lines, input?: unknown): Promise<unknown>;
  /** The same result on both sides. */
  same(lines: Lines, input?: unknown): Promise<void>;
  /** The same result for every one of so many generated inputs. */
  sameForAll<T>(inputs: fc.Arbitrary<T>, lines: Lines, count?: number): Promise<void>;
}

/** What went wrong counts as a result, by its name. */
const GUARD = `
const attempt = async (lines, input) => {
  try { return { value: await lines(input) }; }
  catch (error) { return { error: String(error && error.name) }; }
};`;

const asFunction = (lines: Lines): string => `async (input) => { ${lines} }`;

export function startBoth(): Both {
  const sandbox = createSandbox({
    image: scriptImage({ preludes: ["web", "fetch"].map((name) => ({ name, code: readAsset(`${name}.js`) })) }),
    workers: 1,
  });
  const node = startNode();
  const both: Both = {
    async complete(lines, input = null, options = {}) {
      const code = `(exports, module) => { module.exports = ${asFunction(lines)}; }`;
      return sandbox.run({
        tenant: "test",
        cordon: "test",
        script: { code, hash: code },
        entryPoints: [],
        input: JSON.stringify(input),
        preludeData: options.preludeData ?? {},
        hostFunctions: options.hostFunctions ?? {},
        limits: { ...DEFAULT_SANDBOX_LIMITS, cpuMs: 5_000, returnBytes: 16 * 1024 * 1024, ...options.limits },
        ...(options.clock ? { clock: options.clock } : {}),
      });
    },
    async inGuest(lines, input, options) {
      const completion = await both.complete(lines, input, options);
      if (completion.end.type === "returned") return completion.end.value;
      throw Object.assign(new Error(JSON.stringify(completion.end)), { end: completion.end });
    },
    inNode: (lines, input = null) => node.ask(`return (${asFunction(lines)})(input);`, input),
    async same(lines, input) {
      deepEqual(await both.inGuest(lines, input), await both.inNode(lines, input));
    },
    async sameForAll(inputs, lines, count = 300) {
      const samples = fc.sample(inputs, { numRuns: count, seed: 20_261_122 });
      const all = `${GUARD} const results = []; for (const one of input) results.push(await attempt(${asFunction(lines)}, one)); return results;`;
      const guest = (await both.inGuest(all, samples)) as unknown[];
      const host = (await both.inNode(all, samples)) as unknown[];
      const differing = samples.flatMap((sample, at) =>
        isDeepStrictEqual(guest[at], host[at]) ? [] : [{ input: sample, guest: guest[at], node: host[at] }],
      );
      deepEqual(differing.slice(0, 3), []);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([sandbox.close(), node.end()]);
    },
  };
  return both;
}

function startNode() {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const AsyncFunction = (async () => {}).constructor;
     parentPort.on("message", async ({ body, input }) => {
       try { parentPort.postMessage({ json: JSON.stringify(await new AsyncFunction("input", body)(JSON.parse(input))) ?? "null" }); }
       catch (error) { parentPort.postMessage({ error: String(error && error.stack) }); }
     });`,
    { eval: true, env: { TZ: "UTC" } },
  );
  let last: Promise<unknown> = Promise.resolve();
  const one = (body: string, input: unknown): Promise<unknown> =>
    new Promise((done, fail) => {
      worker.once("message", ({ json, error }: { json?: string; error?: string }) => {
        if (json === undefined) fail(new Error(error));
        else done(JSON.parse(json));
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ body, input: JSON.stringify(input) });
    });
  return {
    ask(body: string, input: unknown): Promise<unknown> {
      const asked = last.then(() => one(body, input));
      last = asked.catch(() => {});
      return asked;
    },
    end: () => worker.terminate(),
  };
}
