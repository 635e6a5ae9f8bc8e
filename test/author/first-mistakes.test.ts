/** What an author gets wrong in the first hour, and what each mistake is answered with. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { check } from "../../author/check/check.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import { createScenarios, scenariosOf } from "../../author/testing.ts";
import { tempFolder } from "../cli/baton.ts";

let runner: ScenarioRunner;
beforeAll(() => {
  runner = new ScenarioRunner();
});
afterAll(async () => {
  await runner.close();
});

async function outcomeOf(source: string) {
  using folder = tempFolder({ "a.ts": source });
  return (await runner.run({ action: join(folder.path, "a.ts"), context: { args: {} } })).outcome;
}

describe("a returned value that JSON does not know", () => {
  test.each([
    ["return { total: 10n };", "BigInt"],
    ["const all: unknown[] = []; all.push(all); return all;", "ircular"],
    ["return { deep: { toJSON() { throw new Error('no luck'); } } };", "no luck"],
  ])("%s names the author's line", async (body, words) => {
    const outcome = await outcomeOf(`// an action\nexport function execute_action() {\n  ${body}\n}\n`);
    expect(outcome).toMatchObject({ status: "threw", error: { message: expect.stringContaining(words) } });
    expect(outcome.error?.frame).toMatch(/^> ?\d \|/m);
    expect(outcome.error?.frame).toContain("execute_action");
  });
});

describe("a type error over what Node has and actions do not", () => {
  test.each(["process.env.TOKEN", "Buffer.from('x')", "require('node:fs')", "__dirname"])(
    "of %s gives advice for actions, not to install the types of Node",
    async (expression) => {
      using folder = tempFolder({ "a.ts": `export const execute_action = () => String(${expression});\n` });
      const { findings, typesNote } = await check(runner, [join(folder.path, "a.ts")], {
        folder: folder.path,
        types: true,
      });
      expect(typesNote).toBeNull();
      const told = findings.map(({ message }) => message).join("\n");
      expect(told).toContain(/\w+/.exec(expression)![0]);
      expect(told).not.toMatch(/@types|npm i|tsconfig|type definitions/);
    },
  );
});

test("a snapshot that is missing under a test runner of the author's own says which command writes it", async () => {
  using folder = tempFolder({
    "a.ts": "export const execute_action = () => 1;\n",
    "a.scenario.json": JSON.stringify({ snapshot: true }),
  });
  await using scenarios = createScenarios();
  const [scenario] = await scenariosOf(folder.path);
  const [failure] = (await scenarios.run(scenario!)).failures;
  expect(failure!.message).toContain("npx baton test writes it");
  expect(failure!.message).not.toContain("--ci");
});
