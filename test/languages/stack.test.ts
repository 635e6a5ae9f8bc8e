import { describe, expect, test } from "@jest/globals";
import vm from "node:vm";
import { SCRIPT_NAME } from "../../languages/action.ts";
import type { Artifact } from "../../languages/action.ts";
import { findEntry } from "../../languages/javascript/errors/entry-position.ts";
import { entryPositionOf, frameOf, mapStack } from "../../languages/javascript/errors/stack.ts";
import { bundleOf, compiler, folderWith, LIMITS, sharedCompiler } from "./compiling.ts";

const SOURCE = `interface Args {
  readonly id: string;
}
type Unused = { [K in keyof Args]: number };

function look(args: Args): string {
  return [args].map((each: Args): string => { throw new RangeError("no " + each.id); })[0];
}
export function execute_action(context: { args: Args }): string {
  return look(context.args);
}
`;

/** Runs a bundle under the name that the sandbox gives it, and hands back V8's own stack. */
function stackOf(bundle: Artifact): string {
  const body = vm.runInThisContext(bundle.script, { filename: SCRIPT_NAME }) as (
    exports: object,
    module: object,
  ) => void;
  const module = { exports: {} as { execute_action?: (context: unknown) => unknown } };
  body(module.exports, module);
  try {
    module.exports.execute_action?.({ args: { id: "A1" } });
  } catch (error) {
    return (error as Error).stack ?? "";
  }
  throw new Error("it did not throw");
}

async function compiled(source = SOURCE, filename = "src/look.ts"): Promise<Artifact> {
  return bundleOf(await sharedCompiler().compile({ source, filename }, LIMITS));
}

describe("the stack of a guest", () => {
  test("shows the author's lines and columns, types and all, and no frame of ours", async () => {
    const bundle = await compiled();
    const mapped = mapStack(stackOf(bundle), bundle);
    const lines = SOURCE.split("\n");
    expect(mapped.position).toEqual({ file: "src/look.ts", line: 7, column: lines[6]!.indexOf("new RangeError") + 1 });
    expect(mapped.stack?.split("\n").slice(0, 5)).toEqual([
      "RangeError: no A1",
      `    at src/look.ts:7:${lines[6]!.indexOf("new RangeError") + 1}`,
      "    at Array.map (<anonymous>)",
      `    at look (src/look.ts:7:${lines[6]!.indexOf("map") + 1})`,
      `    at ${mapped.stack?.includes("Object.execute_action") === true ? "Object." : ""}execute_action (src/look.ts:10:${lines[9]!.indexOf("look") + 1})`,
    ]);
    expect(mapped.stack).not.toMatch(/stack\.test|node:|baton:|file:/);
    expect(mapped.frame).toContain("> 7 |   return [args].map(");
    const caret = mapped.frame!.split("\n").find((line) => /^ +\| +\^/.test(line))!;
    expect(caret.indexOf("^") - caret.indexOf("|") - 2).toBe(lines[6]!.indexOf("new RangeError"));
  });

  test("goes through packages by name and version, and frames the author's own line", async () => {
    const folder = folderWith({
      "node_modules/boom/package.json": '{"name":"boom","version":"1.2.3"}',
      "node_modules/boom/index.js": "exports.boom = function boom() { throw new Error('b'); };",
    });
    const one = compiler({ packages: { folder, allow: { boom: "1.2.3" } } });
    const source = 'import { boom } from "boom";\nexport function execute_action() {\n  return boom();\n}';
    const bundle = bundleOf(await one.compile({ source }, LIMITS));
    const mapped = mapStack(stackOf(bundle), bundle);
    expect(mapped.stack).toContain("(boom@1.2.3/index.js:1:40)");
    expect(mapped.position).toMatchObject({ file: "action.ts", line: 3 });
    expect(mapped.frame).toContain("> 3 |   return boom();");
    expect(JSON.stringify(mapped)).not.toContain(folder);
  });

  test("drops what is ours, the host's, or the boundary's, and keeps built-ins", async () => {
    const bundle = await compiled();
    const raw = [
      "Error: x",
      "    at JSON.parse (<anonymous>)",
      "    at async Promise.all (index 0)",
      "    at call (baton:bootstrap:1:1)",
      "    at (<isolated-vm boundary>)",
      "    at run (/srv/app/worker.js:10:3)",
      "    at run (file:///srv/app/worker.js:10:3)",
      "    at node:internal/process/task_queues:95:5",
    ].join("\n");
    expect(mapStack(raw, bundle).stack).toBe(
      "Error: x\n    at JSON.parse (<anonymous>)\n    at async Promise.all (index 0)",
    );
  });

  test("maps code made by eval to the line that made it", async () => {
    const source = 'export function execute_action() {\n  return (0, eval)("null.x");\n}';
    const bundle = await compiled(source);
    expect(mapStack(stackOf(bundle), bundle).position).toMatchObject({ line: 2 });
  });

  test.each([
    ["nothing", null],
    ["an empty text", ""],
  ])("%s is nothing", async (_name, raw) => {
    expect(mapStack(raw, await compiled())).toEqual({});
  });

  test("hostile text stays harmless: made-up frames, terminal escapes, endless lines", async () => {
    const bundle = await compiled();
    const cases = [
      "Error: \u001b[31mred\u001b]0;title\u0007\n    at \u001b[2J (baton:action:1:1)",
      "Error\n    at ../../etc/passwd (baton:action:99999:1)\n    at x (/etc/passwd:1:1)\n    at evil (C:\\x.js:1:1)",
      `Error\n${"    at f (baton:action:1:1)\n".repeat(100_000)}`,
      `Error: ${"x".repeat(5_000_000)}`,
      `Error\n    at ${"(eval at ".repeat(10_000)}baton:action:3:1`,
      `Error\n    at ${"a ".repeat(500)}(<anonymous>)`,
      "Error\n    at f (baton:action:999999999:999999999)\n    at f (baton:action:0:0)\n    at (baton:action:-1:x)",
      "    at baton:action:1:1\rrewritten\u2028line\u202e",
    ];
    for (const raw of cases) {
      const { stack = "", frame = "" } = mapStack(raw, bundle);
      // oxlint-disable-next-line no-control-regex -- this is what must not be there
      expect(stack + frame).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
      expect(stack.split("\n").slice(1).join("\n")).not.toMatch(/etc|C:/);
      expect(stack.length).toBeLessThan(20_000);
    }
  });
});

describe("the entry point of a run that left no position", () => {
  test.each([
    ["export async function execute_action() {}", 1],
    [
      "// execute_action = 1\n/* function execute_action */\nconst s = 'function execute_action';\nexport const execute_action = () => 1;",
      4,
    ],
    ["exports.executeAction = 1;", 1],
    ["function helper() {}\nexport default async () => {}", 2],
    ["export default 1;\nexport function executeAction() {}", 2],
    ["const f = 1;\nexport { f as execute_action };", 2],
    ["module.exports = () => 1", 1],
  ])("%j is found at line %i", (source, line) => {
    expect(findEntry(source)).toMatchObject({ line });
  });

  test("is nowhere in a source without one, whatever else is in it", () => {
    for (const source of [
      "",
      "const a = 1",
      "'".repeat(100_001),
      "`${".repeat(50_000),
      "/*".repeat(100_000),
      "'\\".repeat(300_000),
    ]) {
      expect(findEntry(source)).toBeNull();
    }
  });

  test("is found in a bundle through its source map", async () => {
    const bundle = await compiled();
    expect(entryPositionOf(bundle)).toMatchObject({
      file: "src/look.ts",
      line: 9,
      column: 1,
      frame: expect.stringContaining("entry point"),
    });
    expect(frameOf({ file: "src/look.ts", line: 9, column: 1 }, bundle)).toMatch(/>  9 \| export function/);
    expect(frameOf({ file: "other.ts", line: 9, column: 1 }, bundle)).toBeNull();
  });
});
