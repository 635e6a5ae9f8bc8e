/** `baton-runtime/testing` inside this very test runner: the fixtures' own scenarios, in all three kinds of file. */
import { describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { createScenarios, runScenario, scenariosOf, testScenarios } from "../../author/testing.ts";
import { ROOT, tempFolder } from "../cli/baton.ts";

await testScenarios(join(ROOT, "fixtures/actions"));

describe("scenarios as a library", () => {
  test("are found in all three kinds of file, with their names", async () => {
    const names = (await scenariosOf(join(ROOT, "fixtures/actions"))).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["on the phone, open", "a flagged order", "the shop answers at the third try"]),
    );
  });

  test("one that goes otherwise has the outcome and the differences", async () => {
    using folder = tempFolder({
      "a.ts": `export const execute_action = ({ args }) => ({ sum: args.left + args.right });`,
      "a.scenario.json": JSON.stringify({
        args: { left: 1, right: 2 },
        expect: {
          returnValue: { sum: 4 },
          handoff: { kind: "handoff" },
          logs: ["added"],
          error: { code: "ACTION_THREW" },
        },
      }),
    });
    const [scenario] = await scenariosOf(folder.path);
    const { ok, outcome, failures } = await runScenario(scenario!);
    expect(ok).toBe(false);
    expect(outcome).toMatchObject({ status: "returned", returnValue: { sum: 3 } });
    expect(failures.map(({ path }) => path)).toEqual(["handoff", "returnValue", "error", "logs"]);
  });

  test("a snapshot is compared, and one that is missing is a failure", async () => {
    using folder = tempFolder({
      "a.ts": `export const execute_action = ({ args }) => { console.warn("seen"); return args; };`,
      "a.scenario.json": JSON.stringify([
        { name: "kept", args: { n: 1 }, snapshot: true },
        { name: "missing", snapshot: true },
      ]),
      "a.scenario.snapshot.json": JSON.stringify({ kept: { status: "returned", returnValue: { n: 2 } } }),
    });
    await using scenarios = createScenarios();
    const [kept, missing] = await scenariosOf(folder.path);
    const [first] = (await scenarios.run(kept!)).failures;
    expect(first).toMatchObject({
      path: "snapshot",
      expected: { returnValue: { n: 2 } },
      actual: { returnValue: { n: 1 } },
    });
    expect(first!.actual).toMatchObject({ logs: [{ level: "warn", message: "seen" }] });
    expect((await scenarios.run(missing!)).failures).toMatchObject([{ path: "snapshot" }]);
  });
});
