// What an action's latest run loaded of the platform is compiled before its next run begins, and evaluated no earlier than that run asks for it.
import { expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Played {
  readonly result: unknown;
  readonly compiled: number;
  readonly heapBytes: number;
}

function playedInChild(): Readonly<Record<"using" | "breaking" | "clocks", readonly Played[]>> {
  const child = fileURLToPath(new URL("parts-ahead-child.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ["--no-node-snapshot", "--no-warnings", child], {
    encoding: "utf8",
  });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof playedInChild>;
}

const played = playedInChild();

test("a run whose action uses the platform compiles nothing of it where its isolate was prepared", () => {
  const { using, breaking } = played;
  const [first, unprepared, prepared] = using as [Played, Played, Played];
  expect(using.map(({ result }) => result)).toEqual(Array.from(using, () => ({ a: "x" })));
  // The action's own script and the parts.
  expect(unprepared.compiled).toBeGreaterThan(1);
  expect(first.compiled).toBe(unprepared.compiled);
  expect(prepared.compiled).toBe(0);
  // An action that breaks the built-ins finds the same world whether its isolate was prepared or not.
  expect(new Set(breaking.map(({ result }) => JSON.stringify(result))).size).toBe(1);
  expect(breaking[2]!.compiled).toBeLessThan(breaking[1]!.compiled);
});

test("a clock that is set has V8 make nothing of Temporal that the action does not use", () => {
  const [plain, clocked, touching] = played.clocks as [Played, Played, Played];
  expect([plain.result, clocked.result, touching.result]).toEqual([1, 1, "object"]);
  expect(clocked.heapBytes - plain.heapBytes).toBeLessThan((touching.heapBytes - plain.heapBytes) / 2);
});
