import { describe, expect, test } from "@jest/globals";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleOf, compiler, failureOf, firstOf, folderWith, LIMITS, load, sharedCompiler } from "./compiling.ts";

describe("compiling an action", () => {
  test("TypeScript becomes a function (exports, module) that exports what the author exported", async () => {
    const source = "export async function execute_action(c: { x: number }): Promise<number> { return c.x + 1 }";
    const bundle = bundleOf(await sharedCompiler().compile({ source }, LIMITS));
    await expect(load(bundle)["execute_action"]?.({ x: 1 })).resolves.toBe(2);
    expect(bundle.filename).toBe("action.ts");
    expect(bundle.inputs).toEqual(["action.ts"]);
  });

  test.each(["a.cjs", "a.js"])("%s may export the CommonJS way, and return at its top level", async (filename) => {
    const source =
      "#!/usr/bin/env node\nexports.execute_action = () => 7; if (exports) return; exports.execute_action = 1";
    expect(load(bundleOf(await sharedCompiler().compile({ source, filename }, LIMITS)))["execute_action"]?.()).toBe(7);
  });

  test("types are an error in JavaScript and JSX is one everywhere", async () => {
    const one = compiler();
    const types = await one.compile({ source: "const a: string = ''", filename: "a.js" }, LIMITS);
    expect(firstOf(types)).toMatchObject({ code: "SYNTAX_ERROR", file: "a.js", line: 1, column: 8 });
    const jsx = await one.compile({ source: "export const a = <div/>", filename: "a.js" }, LIMITS);
    expect(firstOf(jsx).message).toBe("JSX is not supported in actions.");
  });

  test.each([
    ["an element", "const a: number = 1;\nexport const b = <div class={a}>text</div>;", 2, 18],
    ["an element that is closed at once", "export const f = (x: string) => <br/>;", 1, 33],
    ["a fragment", "const é = 'é'; export function execute_action() { return <>{1}</>; }", 1, 58],
    ["an element in an element", "export default () => (\n  <ul>\n    <li key='1'>a</li>\n  </ul>\n);", 2, 3],
  ])("JSX in TypeScript is told as such, once, where it begins: %s", async (_, source, line, column) => {
    for (const filename of ["action.ts", "action.tsx"]) {
      const { diagnostics } = failureOf(await sharedCompiler().compile({ source, filename }, LIMITS));
      expect(diagnostics).toMatchObject([{ message: "JSX is not supported in actions.", line, column }]);
    }
  });

  test("what only looks like JSX is not told as JSX", async () => {
    for (const source of [
      "const a = <string>x; const = 1;",
      "const f = <T>(x: T) => x; const = 1;",
      "const a = 1 <div; const = 2",
    ])
      expect(firstOf(await sharedCompiler().compile({ source }, LIMITS)).message).not.toContain("JSX");
  });

  test("process.env.NODE_ENV is production", async () => {
    const source = "export const execute_action = () => process.env.NODE_ENV";
    expect(load(bundleOf(await sharedCompiler().compile({ source }, LIMITS)))["execute_action"]?.()).toBe("production");
  });

  test("a syntax error is shown at the author's line and column, counted in characters", async () => {
    const source = '// Grüße\nexport function execute_action() {\n  const é = "éé😀"; const = 2;\n}\n';
    const error = firstOf(await sharedCompiler().compile({ source, filename: "src/refund.ts" }, LIMITS));
    expect(error).toMatchObject({ code: "SYNTAX_ERROR", severity: "error", file: "src/refund.ts", line: 3 });
    expect(error.column).toBe(source.split("\n")[2]!.indexOf("= 2") + 1);
    expect(error.frame).toContain('> 3 |   const é = "éé😀"; const = 2;');
  });

  test("an unfinished source is shown at its own last line", async () => {
    const error = firstOf(await sharedCompiler().compile({ source: "export function f() {\n  if (1) {" }, LIMITS));
    expect(error).toMatchObject({ code: "SYNTAX_ERROR", line: 2 });
    expect(error.frame).not.toContain("sourceMappingURL");
  });

  test("top-level await is told in one sentence at its line", async () => {
    const error = firstOf(await sharedCompiler().compile({ source: "const a = 1;\n\nawait fetch(a);" }, LIMITS));
    expect(error).toMatchObject({ code: "TOP_LEVEL_AWAIT", line: 3, column: 1 });
    expect(error.message).toContain("move the await into execute_action");
  });

  test("a syntax error beside an import call is told once, in the same way", async () => {
    const source = 'export const f = (x: string) => import("./etc/" + x);\nconst = 1;';
    const failure = failureOf(await sharedCompiler().compile({ source }, LIMITS));
    expect(failure.diagnostics).toHaveLength(1);
    expect(failure.diagnostics[0]).toMatchObject({ code: "SYNTAX_ERROR", file: "action.ts", line: 2, column: 7 });
  });

  test("a source cannot break out of its wrapper", async () => {
    const source = "export const execute_action = () => 1 }) ; globalThis.broken = true; (function () {";
    expect(firstOf(await sharedCompiler().compile({ source }, LIMITS)).code).toBe("SYNTAX_ERROR");
  });

  test("control characters of the source do not reach the frame", async () => {
    const error = firstOf(
      await sharedCompiler().compile({ source: "const a = '\u001b[31mred\u001b[0m\u202e'; const = 1;" }, LIMITS),
    );
    for (const control of ["\u001b", "\u202e"]) expect(error.frame).not.toContain(control);
  });

  test("a line of a megabyte gives a short frame", async () => {
    const error = firstOf(await sharedCompiler().compile({ source: `${"a;".repeat(300_000)}const = 1;` }, LIMITS));
    expect(error.frame!.length).toBeLessThan(600);
    expect(error.frame).toContain("const = 1;");
  });
});

describe("what esbuild would read from the host", () => {
  const map = (source: string): string =>
    Buffer.from(JSON.stringify({ version: 3, sources: [source], mappings: "AAAA" })).toString("base64");

  test.each([
    ["a path", (file: string) => file],
    ["a file URL", (file: string) => `file://${file}`],
    ["an inline map that names a file URL", (file: string) => `data:application/json;base64,${map(`file://${file}`)}`],
    ["an inline map that names a path", (file: string) => `data:application/json;base64,${map(file)}`],
  ])("a sourceMappingURL that is %s is not followed", async (_name, spell) => {
    const secret = join(folderWith({ "secret.map": "TOP-SECRET" }), "secret.map");
    const source = `export const execute_action = () => 1;\n//# sourceMappingURL=${spell(secret)}`;
    const bundle = bundleOf(await sharedCompiler().compile({ source }, LIMITS));
    expect(JSON.stringify(bundle)).not.toContain("TOP-SECRET");
    expect(JSON.parse(bundle.map)).toMatchObject({ sources: ["action.ts"], sourcesContent: [source] });
  });

  test("a tsconfig beside the file changes nothing", async () => {
    const folder = folderWith({
      "tsconfig.json":
        '{"extends": "./nowhere.json", "compilerOptions": {"alwaysStrict": true, "paths": {"x": ["./lib.ts"]}}}',
      "action.ts": 'import "x"; export const execute_action = () => 1',
      "lib.ts": "",
    });
    expect(firstOf(await sharedCompiler().compile({ file: join(folder, "action.ts") }, LIMITS)).code).toBe(
      "IMPORT_REFUSED",
    );
  });
});

describe("imports of an action that is one text", () => {
  test.each([
    ["a built-in", 'import fs from "node:fs"; fs;', "built into Node.js"],
    ["a built-in without prefix", 'import fs from "fs"; fs;', "built into Node.js"],
    ["a package", 'import "left-pad";', "no packages"],
    ["a path", 'import "./lib.ts";', "without a folder"],
    ["a path above", 'import "../../etc/passwd";', "without a folder"],
    ["an absolute path", 'import "/etc/passwd";', "absolute"],
    ["a drive", 'import "C:/x.js";', "absolute"],
    ["an http URL", 'import "https://example.com/x.js";', "https: URLs"],
    ["a data URL", 'import "data:text/javascript,1";', "data: URLs"],
    ["a file URL", 'import "file:///etc/passwd";', "file: URLs"],
    ["an import map", 'import "#x";', "no import maps"],
    ["require", 'require("child_process");', "built into Node.js"],
    ["require.resolve", 'require.resolve("x");', "require.resolve"],
    ["a dynamic import", 'export const f = () => import("node:fs");', "built into Node.js"],
    ["a re-export", 'export * from "/etc/passwd";', "absolute"],
    ["import equals", 'import x = require("/etc/passwd"); x;', "absolute"],
    ["a glob", "export const f = (x: string) => import(`./lib/${x}.ts`);", "pattern"],
    ["a required glob", 'export const f = (x: string) => require("./lib/" + x);', "pattern"],
    ["a glob above", "export const f = (x: string) => [...require(`../../../../../../etc/${x}`)];", "pattern"],
    ["a glob of the whole disk", 'export const f = (x: string) => import(/* all */ "/" + x);', "pattern"],
    ["a glob through an enum", 'enum E { A = "./etc/" } export const f = (x: string) => import(E.A + x);', "pattern"],
    ["a glob by constants", 'export const f = (x: string) => import(`${"." + "/etc/"}${x}`);', "pattern"],
    ["a glob by an escaped name", String.raw`export const f = (x: string) => \u0072equire("./etc/" + x);`, "pattern"],
    [
      "a glob with attributes",
      'export const f = (x: string) => import("./etc/" + x, { with: { type: "json" } });',
      "pattern",
    ],
    ["a glob in parentheses", 'export const f = (x: string) => import((("./etc/")) + (x + ".ts"));', "pattern"],
    ["a glob in a condition", 'export const f = (x: string) => import(x ? "./etc/" + x : "/etc/" + x);', "pattern"],
    ["attributes", 'import x from "./x.txt" with { type: "text" }; x;', "attribute"],
    ["backslashes", String.raw`import "..\\..\\x.js";`, "not a path"],
  ])("%s is refused at its line", async (_name, line, sentence) => {
    const error = firstOf(await sharedCompiler().compile({ source: `const a = 1;\n${line}\nexport { a };` }, LIMITS));
    expect(error).toMatchObject({ code: "IMPORT_REFUSED", file: "action.ts", line: 2 });
    expect(error.message).toContain(sentence);
    expect(error.frame).toContain("> 2 | ");
  });
});

describe("an action of several files under one root", () => {
  const action =
    'import { a } from "./lib/a.js"; import data from "./data.json" with { type: "json" };\nexport const execute_action = () => [a, data.n];';

  test("may import relative files, TypeScript by its .js name, folders and JSON", async () => {
    const folder = folderWith({
      "action.ts": action,
      "lib/a.ts": 'import { b } from "../b"; export const a = b + 1;',
      "b/index.ts": "export const b = 1;",
      "data.json": '{"n": 3}',
    });
    const bundle = bundleOf(await sharedCompiler().compile({ file: join(folder, "action.ts") }, LIMITS));
    expect(load(bundle)["execute_action"]?.()).toEqual([2, 3]);
    expect([...bundle.inputs].sort()).toEqual(["action.ts", "b/index.ts", "data.json", "lib/a.ts"]);
    expect(JSON.stringify(bundle)).not.toContain(folder);
  });

  test("an entry deeper in the root may import files above it, under the root", async () => {
    const folder = folderWith({
      "in/action.ts": 'export { x as execute_action } from "../x.ts"',
      "x.ts": "export const x = () => 5",
    });
    const bundle = bundleOf(
      await sharedCompiler().compile({ file: join(folder, "in/action.ts"), root: folder }, LIMITS),
    );
    expect(load(bundle)["execute_action"]?.()).toBe(5);
    const without = await sharedCompiler().compile({ file: join(folder, "in/action.ts") }, LIMITS);
    expect(firstOf(without)).toMatchObject({ code: "IMPORT_REFUSED", file: "action.ts", line: 1 });
  });

  test("nothing outside the root is read: not above it, not through links to files or folders", async () => {
    const outside = folderWith({ "secret.ts": "export const s = 'TOP-SECRET'", "sub/secret.json": '"TOP-SECRET"' });
    const folder = folderWith({});
    symlinkSync(join(outside, "secret.ts"), join(folder, "link.ts"));
    symlinkSync(join(outside, "sub"), join(folder, "sub"));
    for (const spelling of ["./link.ts", "./link", "./sub/secret.json", "../secret.ts", "./x/../../secret.ts"]) {
      writeFileSync(
        join(folder, "action.ts"),
        `import * as x from "${spelling}"; export const execute_action = () => x`,
      );
      const compiled = await sharedCompiler().compile({ file: join(folder, "action.ts") }, LIMITS);
      expect(firstOf(compiled)).toMatchObject({ code: "IMPORT_REFUSED", file: "action.ts", line: 1 });
      expect(JSON.stringify(compiled)).not.toContain("TOP-SECRET");
      expect(JSON.stringify(compiled)).not.toContain(outside);
    }
  });

  test("a file that is not there, other kinds of files and node_modules are refused", async () => {
    const folder = folderWith({ "x.txt": "", ".env": "A=1", "node_modules/p/index.js": "" });
    for (const [spelling, code] of [
      ["./nowhere.ts", "IMPORT_NOT_FOUND"],
      ["./x.txt", "IMPORT_REFUSED"],
      ["./node_modules/p/index.js", "IMPORT_REFUSED"],
    ]) {
      writeFileSync(join(folder, "action.ts"), `import "${spelling}";`);
      expect(firstOf(await sharedCompiler().compile({ file: join(folder, "action.ts") }, LIMITS)).code).toBe(code);
    }
  });

  test("an error in an imported file is shown in that file", async () => {
    const folder = folderWith({ "action.ts": 'import "./lib/a.ts";', "lib/a.ts": "\nconst = 1;" });
    expect(firstOf(await sharedCompiler().compile({ file: join(folder, "action.ts") }, LIMITS))).toMatchObject({
      file: "lib/a.ts",
      line: 2,
      column: 7,
    });
  });
});

describe("packages of the allow-list", () => {
  const modules = {
    "node_modules/pad/package.json":
      '{"name":"pad","version":"1.3.0","exports":{"worker":"./worker.js","default":"./node.js"}}',
    "node_modules/pad/worker.js": 'import { inner } from "inner"; export const pad = () => "worker " + inner;',
    "node_modules/pad/node.js": 'import "node:fs";',
    "node_modules/inner/package.json":
      '{"name":"inner","version":"2.0.0","main":"lib","browser":{"fs":false,"./lib/n.js":false}}',
    "node_modules/inner/lib/index.js": 'require("fs"); require("./n"); exports.inner = 2;',
    "node_modules/inner/lib/n.js": 'require("net");',
    "node_modules/disk/package.json": '{"name":"disk","version":"1.0.0"}',
    "node_modules/disk/index.js": '\nrequire("node:fs");',
  };
  const source = 'import { pad } from "pad"; export const execute_action = () => pad();';

  test("an allowed package is bundled, its own allowed dependencies with it", async () => {
    const folder = folderWith(modules);
    const packages = { folder, allow: { pad: "1.3.0", inner: "2.0.0" } };
    const bundle = bundleOf(await compiler({ packages }).compile({ source }, LIMITS));
    expect(load(bundle)["execute_action"]?.()).toBe("worker 2");
    expect(bundle.inputs).toContain("pad@1.3.0/worker.js");
    expect(JSON.stringify(bundle)).not.toContain(folder);
  });

  test.each([
    ["not on the list", { inner: "2.0.0" }, "IMPORT_REFUSED", "not on this runtime's allow-list"],
    [
      "installed in another version",
      { pad: "1.3.1", inner: "2.0.0" },
      "PACKAGE_UNAVAILABLE",
      "version 1.3.1 of pad is allowed, but version 1.3.0 is installed",
    ],
    [
      "with a dependency that it does not declare",
      { pad: "1.3.0" },
      "IMPORT_REFUSED",
      "which the package pad imports, cannot be imported: pad does not name it among its dependencies",
    ],
  ])("a package %s is refused", async (_name, allow, code, sentence) => {
    const packages = { folder: folderWith(modules), allow: allow as Record<string, string> };
    const error = firstOf(await compiler({ packages }).compile({ source }, LIMITS));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
  });

  test("a package that is allowed but not installed is told apart", async () => {
    const packages = { folder: folderWith({}), allow: { pad: "1.3.0" } };
    expect(firstOf(await compiler({ packages }).compile({ source }, LIMITS)).code).toBe("PACKAGE_UNAVAILABLE");
  });

  test("a package that needs a Node built-in fails with both names, in its own file", async () => {
    const packages = { folder: folderWith(modules), allow: { disk: "1.0.0" } };
    const error = firstOf(await compiler({ packages }).compile({ source: 'import "disk";' }, LIMITS));
    expect(error).toMatchObject({ code: "IMPORT_REFUSED", file: "disk@1.0.0/index.js", line: 2 });
    expect(error.message).toContain('The package disk needs "node:fs"');
  });

  test("a package that is a link out of the packages' folder is refused", async () => {
    const outside = folderWith({ "pad/package.json": '{"version":"1.3.0"}', "pad/index.js": "" });
    const folder = folderWith({ "node_modules/x/package.json": "{}" });
    symlinkSync(join(outside, "pad"), join(folder, "node_modules/pad"));
    const compiled = await compiler({ packages: { folder, allow: { pad: "1.3.0" } } }).compile({ source }, LIMITS);
    // As if it were not there: an answer must not show what lies outside.
    expect(failureOf(compiled).code).toBe("PACKAGE_UNAVAILABLE");
  });
});
