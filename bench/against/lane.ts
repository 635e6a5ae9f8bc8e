/**
 * The process in which one tree's library executes the benchmark's action. It imports nothing of its own tree but the action and the contexts,
 * so that both trees are asked by the same lines.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { createRuntime } from "../../runtime/index.ts";
import { makeContexts, readActionSource } from "../fixture.ts";
import type { LaneReply, LaneRequest, LaneSetup } from "./protocol.ts";

const { tree, kind, options } = JSON.parse(process.argv[2]!) as LaneSetup;
const library = (await import(pathToFileURL(join(tree, "dist/runtime/index.js")).href)) as {
  readonly createRuntime: typeof createRuntime;
};
const runtime = await library.createRuntime(options);
const { hash } = await runtime.compile({ source: readActionSource(kind), filename: `${kind}.js` });
const next = makeContexts();
let calls = 0;

process.on("message", (request: LaneRequest) => void answer(request).then((reply) => process.send!(reply)));
process.once("disconnect", () => process.exit());
process.send!({ us: 0, runs: 0, error: null } satisfies LaneReply);

async function answer(request: LaneRequest): Promise<LaneReply> {
  const begun = performance.now();
  const took = (): number => (performance.now() - begun) * 1_000;
  try {
    if (request.type === "call") {
      await execute(request.cold ? `tenant-${calls++}` : "bench");
      return { us: took(), runs: 1, error: null };
    }
    let runs = 0;
    const one = async (): Promise<void> => {
      for (; took() < request.ms * 1_000; runs++) await execute("bench");
    };
    await Promise.all(Array.from({ length: request.inFlight }, one));
    return { us: took(), runs, error: null };
  } catch (error) {
    return { us: took(), runs: 0, error: error instanceof Error ? error.message : String(error) };
  }
}

/** A run that failed would be fast, so it ends the comparison. */
async function execute(tenant: string): Promise<void> {
  const outcome = await runtime.execute({ action: { hash }, context: next(), tenant });
  if (outcome.status !== "returned") throw new Error(`an execution ended as ${outcome.status}`);
}
