/** YAML scenarios are read in a time that grows as they do; and what a configuration may say of walls and compilers. */
import { describe, expect, test } from "@jest/globals";
import { parseYaml } from "../../author/scenarios/yaml.ts";
import { readConfig } from "../../author/config.ts";
import { WALL_NAMES } from "../../sandbox/index.ts";
import { tempFolder } from "../cli/baton.ts";

const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join("\n");

function cpuMs(text: string): number {
  const times = [0, 1, 2].map(() => {
    const before = process.threadCpuUsage();
    parseYaml(text);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

describe("a YAML scenario", () => {
  test.each<[string, (count: number) => string]>([
    ["keys", (count) => lines(count, (at) => `k${at}: ${at}`)],
    ["keys in braces", (count) => `{${lines(count, (at) => `k${at}: ${at},`)}}`],
    ["quotes on one line", (count) => '"'.repeat(4 * count)],
    ["escapes that are none", (count) => `a: "${"\\x".repeat(2 * count)}"`],
    ["anchors and aliases", (count) => lines(count, (at) => `- &a${at} x\n- *a${at}`)],
  ])("of many %s costs what its length does", (_name, make) => {
    // Eight times the length costs eight times the time, and 64 times where each is compared with every other.
    expect(cpuMs(make(24_000)) / cpuMs(make(3_000))).toBeLessThan(30);
  });

  test("has keys once, few aliases, and says where not", () => {
    expect(parseYaml("a: 1\nb:\n  c: 1\n  c: 2")).toEqual({ ok: false, mistake: "Map keys must be unique at line 4, column 3" });
    expect(parseYaml(`a: &x 1\nb:\n${lines(101, () => "  - *x")}`)).toMatchObject({ ok: false, mistake: expect.stringContaining("more than 100 aliases") });
    expect(parseYaml("a: &x { b: 1 }\nc: *x")).toEqual({ ok: true, value: { a: { b: 1 }, c: { b: 1 } } });
    expect(parseYaml('a: 1\nb: "x" "y"')).toEqual({ ok: false, mistake: "Unexpected double-quoted-scalar at node end at line 2, column 8" });
    expect(parseYaml("[".repeat(20_000))).toMatchObject({ ok: false });
  }); // prettier-ignore
});

describe("baton.config.json", () => {
  const read = async (config: object): Promise<unknown> => {
    using folder = tempFolder({ "baton.config.json": JSON.stringify(config) });
    return await readConfig(folder.path);
  };

  test("names walls and V8's compilers", async () => {
    const config = { engine: { optimize: false }, requireWalls: ["environment", "processes"] };
    expect(await read(config)).toMatchObject(config);
  });

  test.each([
    [{ requireWalls: ["netwrok"] }, `expected the name of a wall: ${WALL_NAMES[0]}`],
    [{ engine: { optimize: "fast" } }, 'engine.optimize: expected "maglev", true or false'],
    [{ engine: { optimise: true } }, "did you mean optimize"],
  ])("says what is wrong with %j", async (config, sentence) => {
    await expect(read(config)).rejects.toThrow(sentence);
  });
});
