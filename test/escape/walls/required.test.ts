import { expect, test } from "@jest/globals";
import { type WallName, createRuntime } from "../../../runtime/index.ts";
import { SECURITY_RELEASES, nodeStanding } from "../../../runtime/node-releases.ts";
import { requireStanding } from "../../../runtime/required-walls.ts";
import { tryWalls } from "../../../sandbox/process/walls.ts";
import { childPids } from "../../processes.ts";
import { SILENT, chat } from "../harness.ts";

test("a wall that is required and missing keeps a runtime from starting, with its name and why", async () => {
  const bare = tryWalls([]).list;
  const start = () => requireStanding(["environment", "network", "processes"], () => bare);
  expect(start).toThrow(/network \(.+\), processes \(.+\)/);
  expect(start).toThrow(expect.objectContaining({ code: "WALL_MISSING", name: "HostFault", retry: "never" }));
  // Turbofan at work is a wall that is missing on every machine.
  const before = childPids();
  const required = { logger: SILENT, engine: { optimize: true }, requireWalls: ["no-optimizer"] } as const;
  await expect(createRuntime(required)).rejects.toMatchObject({ code: "WALL_MISSING" });
  expect(childPids().filter((pid) => !before.includes(pid))).toEqual([]);
});

test("walls that stand are no hindrance, and a name that is none is an error that says which there are", async () => {
  await using runtime = await createRuntime({ logger: SILENT, requireWalls: ["environment", "no-optimizer"] });
  expect(runtime.walls.find(({ name }) => name === "no-optimizer")?.stands).toBe(true);
  await expect(createRuntime({ requireWalls: ["netwrok" as WallName] })).rejects.toThrow(
    /"requireWalls\[0\]" should be the name of a wall: .*network/,
  );
  // A setting that was not there is no wall that may be missing.
  for (const hole of [undefined, null, 1, ["network"]])
    await expect(createRuntime({ requireWalls: ["environment", hole] as WallName[] })).rejects.toThrow(
      /"requireWalls\[1\]" .*should be the name of a wall/,
    );
  await expect(createRuntime({ engine: [] as never })).rejects.toThrow(/"engine" should be an object/);
  await expect(createRuntime({ engine: { optimize: "turbo" as "maglev" } })).rejects.toThrow(/engine\.optimize/);
});

test("each engine runs actions, and says what it leaves on", async () => {
  for (const [optimize, stands] of [
    ["maglev", true],
    [false, true],
    [true, false],
  ] as const) {
    await using runtime = await createRuntime({ logger: SILENT, engine: { optimize } });
    const source =
      "export const execute_action = () => { let n = 0; for (let i = 0; i < 1e5; i++) n += i % 3; return n; };";
    const { returnValue } = await runtime.execute({ action: { source }, context: chat() });
    expect(returnValue).toBe(99_999);
    expect(runtime.walls.find(({ name }) => name === "no-optimizer")?.stands).toBe(stands);
  }
});

test("a Node that is older than the newest security release of its line is told apart, by a dated table", () => {
  const standing = (node: string) => nodeStanding({ node, v8: "1" }).outdated;
  for (const { line, version, date } of SECURITY_RELEASES) {
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(standing(version)).toBeNull();
    expect(standing(`${line}.999.0`)).toBeNull();
    expect(standing(`${line}.0.0`)).toContain(version);
    expect(standing(`${version}-nightly20261101`)).toContain(version);
  }
  expect(standing("25.9.0")).toContain("no security releases");
  expect(standing("99.0.0")).toBeNull();
});
