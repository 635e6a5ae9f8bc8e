/** A context that nests deeper than a host's own code can walk is an invalid one: an outcome says so, and nothing of the host's is thrown. */
import { expect, test } from "@jest/globals";
import { createRuntime } from "../../runtime/index.ts";

const nested = (levels: number): unknown => {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { x: value } : [value];
  return value;
};

test("a context that nests deeply ends as invalid, with an execution id and without one", async () => {
  await using runtime = await createRuntime({ logger: { debug() {}, info() {}, warn() {}, error() {} } });
  const run = (levels: number, executionId?: string) =>
    runtime.execute({
      action: { source: "export const execute_action = () => 1", filename: "a.js" },
      context: { args: { x: nested(levels) } },
      ...(executionId === undefined ? {} : { executionId }),
    });
  expect(await run(900, "a")).toMatchObject({ status: "returned" });
  for (const [levels, id] of [
    [1_100, undefined],
    [1_100, "b"],
    [8_000, "c"],
    [8_000, undefined],
  ] as const)
    expect(await run(levels, id)).toMatchObject({
      status: "invalid",
      error: { code: "CONTEXT_INVALID", message: expect.stringContaining("deeper than 1000 levels") },
    });
});
