import { expect, test } from "@jest/globals";
import { createRuntime } from "../../../runtime/index.ts";
import { tryWalls } from "../../../sandbox/process/walls.ts";
import { SILENT } from "../harness.ts";

test("a runtime says once, in one line, which walls stand and which are missing", async () => {
  const lines: unknown[][] = [];
  await using runtime = await createRuntime({
    logger: { ...SILENT, info: (...line: unknown[]) => void lines.push(line) },
  });
  expect(lines).toHaveLength(1);
  const [told] = lines[0] as [{ standing: string[]; missing: Record<string, string> }];
  expect([...told.standing, ...Object.keys(told.missing)].sort()).toEqual(runtime.walls.map(({ name }) => name).sort());
  expect(told.standing).toEqual(expect.arrayContaining(["environment", "descriptors", "permission"]));
});

test("on a machine without any of the tools the walls of Node stand, and the rest is told to be missing", () => {
  const walls = tryWalls([]);
  expect(walls.prefix).toEqual([]);
  expect(walls.watchesHost).toBe(true);
  const standing = walls.list.filter(({ stands }) => stands).map(({ name }) => name);
  expect(standing).toEqual(expect.arrayContaining(["environment", "descriptors", "permission", "ends-with-host"]));
  for (const name of ["network", "read-only-view", "nobody", "no-new-privileges", "core-files"])
    expect(standing).not.toContain(name);
  for (const { note } of walls.list) expect(note).not.toBe("");
});
