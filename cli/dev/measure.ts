/** Measured coverage: what scenarios cover, for the page: counted by the debugger, of which the page knows nothing. */
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import type { PageOptions } from "../../playground/index.ts";

export const measure: NonNullable<PageOptions["measure"]> = async (work) => {
  const { createDebugger } = await import("../../debug/index.ts");
  await using debug = createDebugger({ coverage: true });
  await using runner = new ScenarioRunner({ createRuntime: (options) => debug.createRuntime(options) });
  await work(runner);
  // Awaited here: what is used is closed as soon as this is left.
  return await debug.takeCoverage();
};
