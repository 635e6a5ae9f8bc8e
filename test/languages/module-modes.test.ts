// ES modules are strict, CommonJS files are as they are: side by side in one bundle, whichever requires which, with every position kept.
import { describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { SourcePositions } from "../../languages/source-positions.ts";
import { bundleOf, folderWith, LIMITS, load, sharedCompiler } from "./compiling.ts";

type Files = Readonly<Record<string, string>>;

async function compiled(files: Files, entry = Object.keys(files)[0]!) {
  const folder = folderWith(files);
  return bundleOf(await sharedCompiler().compile({ file: join(folder, entry), root: folder }, LIMITS));
}

const run = async (files: Files, entry?: string): Promise<unknown> =>
  load(await compiled(files, entry))["execute_action"]!({});

/** What strict code throws for, and sloppy code lets pass. */
const SLIPS: readonly (readonly [name: string, body: string])[] = [
  ["a misspelt variable", "misspelt = 1; return delete globalThis.misspelt;"],
  ["a write to a frozen object", "Object.freeze([1]).length = 0; return true;"],
  ["a write to a getter", "({ get x() { return 1; } }).x = 2; return true;"],
  ["a write to a text's length", '"text".length = 1; return true;'],
  ["a delete of what cannot be deleted", "delete Object.prototype; return true;"],
  ["this in a plain call", "return (function () { return this === globalThis; })() || fail();"],
  ["keyword arguments", "(() => {})(1, phone_destination = 2); return delete globalThis.phone_destination;"],
];
const FAIL = 'const fail = () => { throw new TypeError("strict"); };';

describe.each(SLIPS)("%s", (_name, body) => {
  test.each([
    ["action.ts", `${FAIL} export function execute_action() { ${body} }`],
    ["action.js", `${FAIL} export default { x: 1 }; export const execute_action = () => { ${body} };`],
    ["action.mjs", `${FAIL} export const execute_action = () => { ${body} };`],
  ])("ends an ES module, %s", async (name, source) => {
    await expect(run({ [name]: source })).rejects.toThrow();
  });

  test.each([
    ["action.cjs", `${FAIL} exports.execute_action = function () { ${body} };`],
    ["action.js", `${FAIL} module.exports.execute_action = function () { ${body} };`],
    ["action.ts", `${FAIL} module.exports = { execute_action() { ${body} } };`],
  ])("passes in CommonJS, %s", async (name, source) => {
    expect(await run({ [name]: source })).toBe(true);
  });

  test("ends or passes by the file that it is in, in one bundle", async () => {
    const files = {
      "action.ts": `import common from "./common.cjs"; import { strict } from "./strict.ts";
        export const execute_action = () => { try { strict(); return "passed"; } catch { return common(); } };`,
      "common.cjs": `${FAIL} module.exports = function () { ${body} };`,
      "strict.ts": `${FAIL} export const strict = () => { ${body} };`,
    };
    expect(await run(files)).toBe(true);
  });
});

const STRICT = "(() => { try { slip = 1; delete globalThis.slip; return false; } catch { return true; } })()";

describe("modules of both kinds", () => {
  test("reach each other in every direction and keep their modes", async () => {
    const files = {
      "action.ts": `import a, { name } from "./a.cjs"; import data from "./data.json";
        export const execute_action = async () => [${STRICT}, name, a.strict, a.es, a.plain, a.data, data.n, (await a.later).later, (await import("./late.ts")).strict];`,
      "a.cjs": `const es = require("./es.ts"); exports.name = "a"; exports.strict = ${STRICT}; exports.es = [es.strict, es.default, es.__esModule];
        exports.plain = require("./plain.js"); exports.data = require("./data.json").n; exports.later = import("./late.ts");`,
      "plain.js": `module.exports = ${STRICT};`,
      "es.ts": `import { up } from "./up.ts"; export const strict = ${STRICT}; export default up();`,
      "up.ts": "export function up() { return 'up'; }",
      "late.ts": `export const later = "late"; export const strict = ${STRICT};`,
      "data.json": '{"n": 3}',
    };
    const expected = [true, "a", false, [true, "up", true], false, 3, 3, "late", true];
    expect(await run(files)).toEqual(expected);
    const common = {
      ...files,
      "entry.cjs": `const { execute_action } = require("./action.ts"); exports.execute_action = async () => [${STRICT}, await execute_action()];`,
    };
    expect(await run(common, "entry.cjs")).toEqual([false, expected]);
  });

  test("require of an ES module gives its exports, with __esModule, live", async () => {
    const files = {
      "action.cjs": `const es = require("./es.mjs"); exports.execute_action = () => { const before = es.count; es.add(); return [before, es.count, es.__esModule, Object.keys(es)]; };`,
      "es.mjs": "export let count = 0; export const add = () => { count++; };",
    };
    expect(await run(files)).toEqual([0, 1, true, ["add", "count"]]);
  });

  test("a file with the syntax of neither runs as CommonJS", async () => {
    const files = {
      "action.ts":
        'import "./setup.js"; export const execute_action = () => [globalThis.made, delete globalThis.made];',
      "setup.js": "made = 1;",
    };
    expect(await run(files)).toEqual([1, true]);
  });

  test("no source can pretend to be the line between two modules", async () => {
    const lines = ["// action:x.cjs", "var require_x = __commonJS({", '  "action:x.cjs"(exports, module) {', "})"];
    const files = {
      "action.ts": `import x from "./x.cjs"; const text = \`\n${lines.join("\n")}\n\`; export const execute_action = () => [text, x.text, ${STRICT}, x.strict];`,
      "x.cjs": `exports.text = \`\n${lines.join("\n")}\n\`; exports.strict = ${STRICT};`,
    };
    const text = `\n${lines.join("\n")}\n`;
    expect(await run(files)).toEqual([text, text, true, false]);
  });

  test("positions lead to the author's lines on both sides", async () => {
    const files = {
      "action.ts": `import { inCommon } from "./a.cjs";\nimport { inModule } from "./b.ts";\n\nexport const execute_action = () =>\n  [inCommon, inModule].map((fail) => fail());`,
      "a.cjs": "\n\nexports.inCommon = () => new Error('here').stack;",
      "b.ts": "type A = 1;\n\n\n\nexport const inModule = (): string =>\n  new Error('here').stack!;",
    };
    const bundle = await compiled(files);
    const stacks = load(bundle)["execute_action"]!() as string[];
    const positions = new SourcePositions(bundle.map);
    const places = stacks.map((stack) => {
      const [, line, column] = /<anonymous>:(\d+):(\d+)\)/.exec(stack.split("\n")[1]!)!;
      return positions.find(Number(line), Number(column) - 1);
    });
    expect(places).toMatchObject([
      { file: "a.cjs", line: 3, column: 26 },
      { file: "b.ts", line: 6, column: 3 },
    ]);
  });

  test("the same sources give the same script, word for word", async () => {
    const files = {
      "action.ts": 'import a from "./a.cjs"; export const execute_action = () => a;',
      "a.cjs": "exports.a = 1;",
    };
    const [one, two] = [await compiled(files), await compiled(files)];
    expect(one.script).toBe(two.script);
    expect(one.map).toBe(two.map);
  });
});

describe("import.meta", () => {
  const files = {
    "action.ts": `import { own } from "./lib/größe #1.ts"; const common = require("./common.cjs");
      export const execute_action = () => ({ ...import.meta, own: own(), fromCommon: common(), same: import.meta === import.meta,
        beside: new URL("./data.json", import.meta.url).href });`,
    "lib/größe #1.ts": "export const own = () => import.meta.url;",
    "lib/required.mjs": "export const url = import.meta.url; export const { dirname } = import.meta;",
    "common.cjs":
      'module.exports = () => { const { url, dirname } = require("./lib/required.mjs"); return [url, dirname]; };',
  };

  test("has the name of each file below the action's folder, as a URL of Node's spelling, and no folder of the machine", async () => {
    const own = await run(files);
    expect(own).toEqual({
      dirname: "/",
      filename: "/action.ts",
      url: "file:///action.ts",
      own: "file:///lib/gr%C3%B6%C3%9Fe%20%231.ts",
      fromCommon: ["file:///lib/required.mjs", "/lib"],
      same: true,
      beside: "file:///data.json",
    });
    expect(await run({ "action.ts": "export const execute_action = () => import.meta.url;" })).toBe(
      "file:///action.ts",
    );
    const single = await sharedCompiler().compile(
      { source: "export const execute_action = () => import.meta.url" },
      LIMITS,
    );
    expect(load(bundleOf(single))["execute_action"]!()).toBe("file:///action.ts");
  });

  test("moves no position, is the same text at each compile, and warns of nothing", async () => {
    const source = 'export function execute_action() {\n  return import.meta.url + new Error("x").stack;\n}';
    const [one, other] = [
      bundleOf(await sharedCompiler().compile({ source }, LIMITS)),
      bundleOf(await sharedCompiler().compile({ source }, LIMITS)),
    ];
    expect(one.script).toBe(other.script);
    expect(one.warnings).toEqual([]);
    const lines = one.script.split("\n");
    const line = lines.findIndex((text) => text.includes("new Error")) + 1;
    const column = lines[line - 1]!.indexOf("new Error") + 1;
    expect(new SourcePositions(one.map).find(line, column - 1)).toMatchObject({ line: 2, column: 28 });
  });
});

describe("__filename and __dirname", () => {
  test("are the file's in CommonJS, whoever requires it, and in no ES module, as in Node", async () => {
    const kinds = "[typeof __filename, typeof __dirname]";
    const own = await run({
      "action.ts": `import common, { deep } from "./lib/common.cjs"; import { module } from "./lib/module.mjs";
        export const execute_action = () => ({ common, deep, module, here: ${kinds} });`,
      "lib/common.cjs": `exports.default = { __filename, __dirname, at: __dirname + "/data.json" }; exports.__esModule = true; exports.deep = require("./deeper/own.cjs");`,
      "lib/deeper/own.cjs":
        "module.exports = (() => { const inner = () => __dirname; return [inner(), __filename]; })();",
      "lib/module.mjs": `export const module = ${kinds};`,
    });
    expect(own).toEqual({
      common: { __filename: "/lib/common.cjs", __dirname: "/lib", at: "/lib/data.json" },
      deep: ["/lib/deeper", "/lib/deeper/own.cjs"],
      module: ["undefined", "undefined"],
      here: ["undefined", "undefined"],
    });
    const source = "exports.execute_action = () => [__filename, __dirname];";
    const entry = bundleOf(await sharedCompiler().compile({ source, filename: "action.cjs" }, LIMITS));
    expect(load(entry)["execute_action"]!()).toEqual(["/action.cjs", "/"]);
  });

  test("move no position, and a name of the author's own stays the author's", async () => {
    const source = "exports.execute_action = () => { return [__dirname, new Error('x').stack]; };";
    const bundle = bundleOf(await sharedCompiler().compile({ source, filename: "action.cjs" }, LIMITS));
    const lines = bundle.script.split("\n");
    const line = lines.findIndex((text) => text.includes("new Error")) + 1;
    const column = lines[line - 1]!.indexOf("new Error") + 1;
    expect(new SourcePositions(bundle.map).find(line, column - 1)).toMatchObject({ line: 1, column: 53 });
    expect(await run({ "action.ts": 'const __dirname = "mine"; export const execute_action = () => __dirname;' })).toBe(
      "mine",
    );
  });
});
