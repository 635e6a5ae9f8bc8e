// What the debug engine measures, from the command line: which lines and branches of the author's files ran, and where the time went.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { baton } from "../cli/baton.ts";
import { type Folder, folderOf } from "./debugging.ts";

const ACTION = `import { all, label } from "./labels.ts";

interface Wanted {
  readonly kind: string;
}

export function execute_action(context: any): unknown {
  const wanted: Wanted = { kind: context.args.kind };
  if (wanted.kind === "rare") {
    return never() + all.length;
  }
  return wanted.kind === "a" ? label("first") : label("other");
}

function never(): string {
  return "never";
}
`;
const LABELS = `export const label = (text: string): string => \`<\${text}>\`;\nexport function unused(): number {\n  return 1;\n}\nexport const all = [unused];\n`;
const SCENARIO = JSON.stringify([
  { name: "the first", context: { args: { kind: "a" } }, expect: { returnValue: "<first>" } },
  { name: "again", context: { args: { kind: "a" } }, expect: { returnValue: "<first>" } },
]);
const BUSY = `export function execute_action() {\n  return spin(60);\n}\n\nfunction spin(ms: number): number {\n  const end = Date.now() + ms;\n  let n = 0;\n  while (Date.now() < end) {\n    n = (n * 31 + 7) % 1009;\n  }\n  return n;\n}\n`;
const PYTHON = `def execute_action(context):\n    return 1\n`;

let folder: Folder;
beforeAll(() => {
  folder = folderOf({
    "kinds.ts": ACTION,
    "labels.ts": LABELS,
    "kinds.scenario.json": SCENARIO,
    "busy.ts": BUSY,
    "order.py": PYTHON,
    "order.scenario.json": JSON.stringify([{ name: "python", action: "./order.py", context: { args: {} } }]),
  });
});
afterAll(() => folder[Symbol.dispose]());

describe("baton test --coverage", () => {
  test("shows the lines and branches of the author's files that did not run, and writes them as LCOV", async () => {
    const { status, stdout, stderr } = await baton({ args: ["test", "kinds.ts", "--coverage"], cwd: folder.path });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const row = (name: string): string => stdout.split("\n").find((line) => line.startsWith(name)) ?? "";
    expect(row("kinds.ts")).toMatch(/^kinds\.ts +60 % +50 % +50 % +10, 16$/);
    expect(row("labels.ts")).toMatch(/^labels\.ts +66\.6 % +100 % +50 % +3$/);
    const lcov = readFileSync(folder.file("coverage/lcov.info"), "utf8");
    expect(lcov).toContain("SF:kinds.ts\n");
    expect(lcov).toContain("DA:8,2\n");
    expect(lcov).toContain("DA:10,0\n");
    expect(lcov).toMatch(/FNDA:0,never\n/);
    expect(lcov).toMatch(/BRDA:12,\d+,0,2\nBRDA:12,\d+,1,0\n/);
    expect(lcov).not.toContain("baton");
  });

  test("gives the same as data, and takes the place of no other file", async () => {
    const { stdout } = await baton({ args: ["test", "kinds.ts", "--coverage=c.info", "--json"], cwd: folder.path });
    const { coverage, scenarios } = JSON.parse(stdout) as {
      coverage: { file: string; summary: object }[];
      scenarios: object[];
    };
    expect(scenarios).toHaveLength(2);
    expect(coverage.map(({ file }) => file)).toEqual([folder.file("kinds.ts"), folder.file("labels.ts")]);
    expect(coverage[0]!.summary).toMatchObject({ lines: { covered: 3, total: 5 }, branches: { covered: 2, total: 4 } });
    writeFileSync(folder.file("mine.info"), "my work");
    const refused = await baton({ args: ["test", "kinds.ts", "--coverage=mine.info"], cwd: folder.path });
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("is no coverage") });
    expect(readFileSync(folder.file("mine.info"), "utf8")).toBe("my work");
  });

  test("says in one sentence that Python is measured by other means", async () => {
    const { status, stderr } = await baton({ args: ["test", "order.py", "--coverage"], cwd: folder.path });
    expect(stderr).toBe("note: --coverage is for actions in TypeScript and JavaScript; order.py ran without it.\n");
    expect(status).toBe(0);
  });
});

describe("baton run --profile", () => {
  test("writes where the time went, on the author's lines", async () => {
    const ran = await baton({ args: ["run", "busy.ts", "--profile"], cwd: folder.path });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining("profiled to busy.cpuprofile") });
    const { nodes } = JSON.parse(readFileSync(folder.file("busy.cpuprofile"), "utf8")) as {
      nodes: {
        callFrame: { functionName: string; url: string; lineNumber: number };
        hitCount: number;
        positionTicks?: { line: number; ticks: number }[];
      }[];
    };
    const spin = nodes.filter(({ callFrame }) => callFrame.functionName === "spin");
    expect(spin.length).toBeGreaterThan(0);
    expect(spin[0]!.callFrame).toMatchObject({ url: pathToFileURL(folder.file("busy.ts")).href, lineNumber: 4 });
    const lines = spin.flatMap(({ positionTicks = [] }) => positionTicks.map(({ line }) => line));
    expect(lines.every((line) => line >= 5 && line <= 12)).toBe(true);
    // It is the one that has most of the samples of the action.
    const hits = (each: typeof nodes): number => each.reduce((sum, { hitCount }) => sum + hitCount, 0);
    const own = nodes.filter(({ callFrame }) => callFrame.url.endsWith("busy.ts"));
    expect(hits(spin)).toBeGreaterThan(hits(own) / 2);
  });

  test("is for JavaScript, takes the place of no other file, and can be named", async () => {
    const python = await baton({ args: ["run", "order.py", "--profile"], cwd: folder.path });
    expect(python).toMatchObject({
      status: 2,
      stderr: "baton: --profile is for actions in TypeScript and JavaScript, which order.py is not.\n",
    });
    writeFileSync(folder.file("mine.cpuprofile"), "my work");
    const refused = await baton({ args: ["run", "busy.ts", "--profile=mine.cpuprofile"], cwd: folder.path });
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("is no profile") });
    const named = await baton({ args: ["run", "busy.ts", "--profile=other.txt"], cwd: folder.path });
    expect(named).toMatchObject({ status: 2, stderr: expect.stringContaining(".cpuprofile") });
    expect(existsSync(folder.file("other.txt"))).toBe(false);
  });
});
