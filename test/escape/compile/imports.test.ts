import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chat, useRuntime } from "../harness.ts";

const SECRET = "TOP SECRET OF THE HOST";
let folder: string;
let root: string;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-escape-")));
  root = join(folder, "root");
  mkdirSync(join(root, "sub"), { recursive: true });
  writeFileSync(join(folder, "secret.ts"), `export const secret = "${SECRET}";`);
  writeFileSync(join(folder, "secret.json"), JSON.stringify(SECRET));
  writeFileSync(
    join(root, "tsconfig.json"),
    JSON.stringify({ extends: "../secret.json", compilerOptions: { paths: { stolen: ["../secret.ts"] } } }),
  );
  symlinkSync(join(folder, "secret.ts"), join(root, "link.ts"));
  symlinkSync(folder, join(root, "sub", "up"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = useRuntime();

const SPECIFIERS = [
  "fs",
  "node:fs",
  "node:child_process",
  "isolated-vm",
  "esbuild",
  "baton-runtime",
  "zod",
  "../secret.ts",
  "./../secret.ts",
  "./link.ts",
  "./sub/up/secret.ts",
  "./sub/up/secret.json",
  "stolen",
  "/etc/passwd",
  "file:///etc/passwd",
  "http://127.0.0.1/x.js",
  "https://127.0.0.1/x.js",
  "data:text/javascript,export const secret = 1",
  "data:application/json,1",
  "#secret",
  "./",
  ".",
  "..",
  "\\\\\\\\host\\\\share",
  "./secret.ts?raw",
  "C:/secret.ts",
];

const withSource = (source: string): Promise<unknown> => open().execute({ action: { source }, context: chat() });
const withFile = (source: string): Promise<unknown> => {
  const file = join(root, "action.ts");
  writeFileSync(file, source);
  return open().execute({ action: { file, root }, context: chat() });
};

for (const run of [withSource, withFile])
  test(`no module of the host is imported, ${run === withFile ? "from a file" : "from text"}`, async () => {
    for (const specifier of SPECIFIERS) {
      for (const statement of [
        `import * as all from "${specifier}"; export const execute_action = () => all;`,
        `export const execute_action = () => import("${specifier}");`,
        `export const execute_action = () => require("${specifier}");`,
        `export * from "${specifier}"; export const execute_action = () => 1;`,
      ]) {
        const outcome = await run(statement);
        expect(outcome).toMatchObject({ status: "invalid" });
        expect(JSON.stringify(outcome)).not.toContain(SECRET);
      }
    }
  });

test("nor by a pattern, an attribute, a template or a source map", async () => {
  const sources = [
    'export const execute_action = (c) => import("./" + c.args.x + ".ts");',
    "export const execute_action = (c) => import(`./${c.args.x}.ts`);",
    "export const execute_action = (c) => require(`../${c.args.x}.json`);",
    'export const execute_action = (c) => im\\u0070ort("./" + c);',
    'import all from "../secret.json" with { type: "json" }; export const execute_action = () => all;',
    'import all from "../secret.ts" with { type: "text" }; export const execute_action = () => all;',
    'import all from "./link.ts" with { type: "file" }; export const execute_action = () => all;',
    'export const execute_action = () => new URL("../secret.ts", import.meta.url).href;',
    "export const execute_action = () => { throw new Error('x'); };\n//# sourceMappingURL=../secret.json",
    "export const execute_action = () => { throw new Error('x'); };\n//# sourceMappingURL=/etc/passwd",
    '/// <reference path="../secret.ts" />\nexport const execute_action = () => 1;',
    "/** @jsxImportSource ../secret */ export const execute_action = () => 1;",
  ];
  for (const source of sources)
    for (const run of [withSource, withFile]) {
      const text = JSON.stringify(await run(source));
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("root:x");
      expect(text).not.toContain(folder);
    }
});

test("a name that only the run makes up finds nothing either", async () => {
  const source = `export async function execute_action(context) {
    const found = [];
    for (const name of ["fs", "node:fs", "/etc/passwd", "file:///etc/passwd", "data:text/javascript,1"])
      for (const get of [() => import(name), () => new Function("n", "return import(n)")(name), () => eval("require")(name)])
        try { found.push(await get()); } catch {}
    return found;
  }`;
  expect(await withSource(source)).toMatchObject({ status: "returned", returnValue: [] });
});
