// Packages of the host's list: what they need is admitted with them, each in the version of its own tree, and many files cost little.
import { describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleOf, compiler, firstOf, folderWith, LIMITS, load } from "./compiling.ts";

const manifest = (name: string, version: string, more: object = {}): string =>
  JSON.stringify({ name, version, ...more });
const dependsOn = (...names: string[]) => ({ dependencies: Object.fromEntries(names.map((name) => [name, "*"])) });

const run = async (files: Readonly<Record<string, string>>, allow: Record<string, string>, source: string) => {
  const bundle = bundleOf(
    await compiler({ packages: { folder: folderWith(files), allow } }).compile({ source }, LIMITS),
  );
  return { bundle, value: await load(bundle)["execute_action"]!({}) };
};

describe("what a listed package needs", () => {
  const tree = {
    "node_modules/top/package.json": manifest("top", "1.0.0", dependsOn("one", "two", "shared")),
    "node_modules/top/index.js": 'module.exports = () => [require("one"), require("two"), require("shared")];',
    "node_modules/one/package.json": manifest("one", "1.0.0", dependsOn("shared")),
    "node_modules/one/index.js": 'module.exports = "one with " + require("shared");',
    "node_modules/one/node_modules/shared/package.json": manifest("shared", "2.0.0"),
    "node_modules/one/node_modules/shared/index.js": 'module.exports = "shared 2";',
    "node_modules/two/package.json": manifest("two", "1.0.0", { peerDependencies: { shared: "*" } }),
    "node_modules/two/index.js": 'module.exports = "two with " + require("shared");',
    "node_modules/two/node_modules/shared/package.json": manifest("shared", "3.0.0"),
    "node_modules/two/node_modules/shared/index.js": 'module.exports = "shared 3";',
    "node_modules/shared/package.json": manifest("shared", "1.0.0"),
    "node_modules/shared/index.js": 'module.exports = "shared 1";',
    "node_modules/secret/package.json": manifest("secret", "1.0.0"),
    "node_modules/secret/index.js": 'module.exports = "SECRET";',
  };
  const source = 'import top from "top"; export const execute_action = () => top();';

  test("comes with it, in three versions of one name", async () => {
    const { value, bundle } = await run(tree, { top: "1.0.0" }, source);
    expect(value).toEqual(["one with shared 2", "two with shared 3", "shared 1"]);
    expect(bundle.inputs).toContain("one/node_modules/shared@2.0.0/index.js");
  });

  test("does not become what an action may import", async () => {
    const packages = { folder: folderWith(tree), allow: { top: "1.0.0" } };
    for (const specifier of ["one", "shared", "one/node_modules/shared/index.js", "top/../secret/index.js"]) {
      const action = `import x from "${specifier}"; export const execute_action = () => x;`;
      const compiled = await compiler({ packages }).compile({ source: action }, LIMITS);
      expect(firstOf(compiled).code).toMatch(/^(?:IMPORT_REFUSED|PACKAGE_UNAVAILABLE)$/);
      expect(JSON.stringify(compiled)).not.toContain("SECRET");
    }
  });

  test.each(['require("secret")', 'require("../secret")', 'require("../secret/index.js")'])(
    "is only what it declares, and not %s",
    async (call) => {
      const files = { ...tree, "node_modules/one/index.js": `module.exports = ${call};` };
      const compiled = await compiler({ packages: { folder: folderWith(files), allow: { top: "1.0.0" } } }).compile(
        { source },
        LIMITS,
      );
      // What lies outside and what is not there read alike: an answer must not show which files exist.
      expect(firstOf(compiled).code).toMatch(/^(?:IMPORT_REFUSED|PACKAGE_UNAVAILABLE)$/);
      expect(JSON.stringify(compiled)).not.toContain("SECRET");
    },
  );

  test("must be the listed version where the list names it, in the copy that actions would get", async () => {
    const packages = { folder: folderWith(tree), allow: { top: "1.0.0", shared: "9.0.0" } };
    const error = firstOf(await compiler({ packages }).compile({ source }, LIMITS));
    expect(error).toMatchObject({ code: "PACKAGE_UNAVAILABLE" });
    expect(error.message).toContain("version 9.0.0 of shared is allowed, but version 1.0.0 is installed");
  });

  test("is pinned: other content gives another hash", async () => {
    const folder = folderWith(tree);
    const packages = { folder, allow: { top: "1.0.0" } };
    const hash = async () => bundleOf(await compiler({ packages }).compile({ source }, LIMITS)).hash;
    const before = await hash();
    expect(await hash()).toBe(before);
    writeFileSync(join(folder, "node_modules/one/node_modules/shared/index.js"), 'module.exports = "other";');
    expect(await hash()).not.toBe(before);
  });

  test("is found in a store of links, as pnpm lays it out", async () => {
    const folder = folderWith({
      "node_modules/.pnpm/top@1.0.0/node_modules/top/package.json": manifest("top", "1.0.0", dependsOn("dep")),
      "node_modules/.pnpm/top@1.0.0/node_modules/top/index.js": 'module.exports = () => require("dep");',
      "node_modules/.pnpm/dep@2.0.0/node_modules/dep/package.json": manifest("dep", "2.0.0"),
      "node_modules/.pnpm/dep@2.0.0/node_modules/dep/index.js": "module.exports = 2;",
    });
    const at = (path: string) => join(folder, "node_modules", path);
    symlinkSync(at(".pnpm/top@1.0.0/node_modules/top"), at("top"));
    symlinkSync(at(".pnpm/dep@2.0.0/node_modules/dep"), at(".pnpm/top@1.0.0/node_modules/dep"));
    const bundle = bundleOf(
      await compiler({ packages: { folder, allow: { top: "1.0.0" } } }).compile({ source }, LIMITS),
    );
    expect(load(bundle)["execute_action"]!()).toBe(2);
    expect([...bundle.inputs].sort()).toEqual(["action.ts", "dep@2.0.0/index.js", "top@1.0.0/index.js"]);
  });
});

describe("the fields of a manifest", () => {
  const value = async (more: object, files: Readonly<Record<string, string>>, specifier = "p") => {
    const inPackage = Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/p/${name}`, text]));
    const all = { "node_modules/p/package.json": manifest("p", "1.0.0", more), ...inPackage };
    const source = `import * as all from "${specifier}"; export const execute_action = () => all.default ?? all.x;`;
    return (await run(all, { p: "1.0.0" }, source)).value;
  };
  const one = (text: string) => `export default "${text}";`;

  test.each([
    ["main without an ending", { main: "lib/a" }, { "lib/a.js": one("a") }, "a"],
    ["a folder as main", { main: "./lib" }, { "lib/index.js": one("folder") }, "folder"],
    ["no main", {}, { "index.js": one("index") }, "index"],
    ["module before main", { main: "a.js", module: "b.mjs" }, { "a.js": one("a"), "b.mjs": one("b") }, "b"],
    ["browser before both", { main: "a.js", module: "b.js", browser: "c.js" }, { "c.js": one("c") }, "c"],
    [
      "a map for browsers",
      { main: "./a.js", browser: { "./a.js": "./b.js" } },
      { "a.js": one("a"), "b.js": one("b") },
      "b",
    ],
    [
      "a map inside",
      { browser: { "./n.js": "./b.js" } },
      { "index.js": 'export { default } from "./n";', "n.js": one("n"), "b.js": one("b") },
      "b",
    ],
    ["exports as text", { exports: "./e.js", main: "a.js" }, { "e.js": one("e") }, "e"],
    [
      "conditions in their order",
      { exports: { ".": { node: "./n.js", browser: "./b.js", default: "./d.js" } } },
      { "b.js": one("b"), "d.js": one("d") },
      "b",
    ],
    [
      "nested conditions",
      { exports: { import: { worker: "./w.js" }, default: "./d.js" } },
      { "w.js": one("w"), "d.js": one("d") },
      "w",
    ],
    [
      "imports of its own",
      { imports: { "#x": { browser: "./b.js", default: "./d.js" } } },
      { "index.js": 'export { default } from "#x";', "b.js": one("b") },
      "b",
    ],
    [
      "a file without syntax",
      {},
      { "index.js": 'export const x = require("./c") + 1;', "c.js": "module.exports = 1;" },
      2,
    ],
  ])("%s", async (_name, more, files, expected) => {
    expect(await value(more, files)).toBe(expected);
  });

  test("patterns in exports lead to files, and what they leave out is not there", async () => {
    const more = { exports: { "./*": "./lib/*.js", "./private/*": null } };
    const files = { "lib/a.js": one("a"), "lib/private/b.js": one("b") };
    expect(await value(more, files, "p/a")).toBe("a");
    await expect(value(more, files, "p/private/b")).rejects.toThrow("PACKAGE_UNAVAILABLE");
    await expect(value(more, files, "p/lib/a.js")).rejects.toThrow("PACKAGE_UNAVAILABLE");
  });

  test.each<[string, object, Readonly<Record<string, string>>, string, string]>([
    ["a path that exports leave out", { exports: { ".": "./i.js", "./feat/*": "./feat/*.js", "./no": null } }, { "i.js": one("i"), "inner.js": one("inner") },
      "p/inner.js", "the package p does not export it. It exports p, p/feat/*."],
    ["the same, asked by the package itself", { exports: { ".": "./i.js" } }, { "i.js": 'export { default } from "p/inner.js";', "inner.js": one("inner") },
      "p", "the package p does not export it. It exports p."],
    ["a file that is not there", {}, { "index.js": one("i") }, "p/inner.js", "no such file of a package is in the packages' folder"],
    ["await at the top of a package's file", { type: "module" }, { "index.js": "export default await 1;" }, "p", "p@1.0.0/index.js awaits while it loads"],
    ["a name that a file does not export", { type: "module" }, { "index.js": 'import { y } from "./a.js"; export default y;', "a.js": "export const x = 1;" },
      "p", 'No matching export in \\"p@1.0.0/a.js\\" for import \\"y\\"'],
  ])("%s is named", async (_name, more, files, specifier, sentence) => {
    await expect(value(more, files, specifier)).rejects.toThrow(sentence);
  }); // prettier-ignore

  test("JSON is imported with its attribute, by packages as well", async () => {
    const files = {
      "index.js": 'import d from "./d.json" with { type: "json" }; export default d.n;',
      "d.json": '{"n":7}',
    };
    expect(await value({ type: "module" }, files)).toBe(7);
  });

  test("a package of ES modules takes the whole of a CommonJS file as its default, by the nearest manifest", async () => {
    const common = 'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = "inner";';
    const files = { "index.js": 'import c from "./c.cjs"; export default typeof c;', "c.cjs": common };
    expect(await value({ type: "module" }, files)).toBe("object");
    expect(await value({}, files)).toBe("string");
    const nested = {
      "index.js": 'export { default } from "./sub/x.js";',
      "sub/x.js": files["index.js"],
      "sub/c.cjs": common,
    };
    expect(await value({ type: "module" }, { ...nested, "sub/package.json": '{"type":"commonjs"}' })).toBe("string");
  });

  test("what has no effects and is not used is left out", async () => {
    const files = {
      "index.js": 'import "./effect.js"; export { default } from "./a.js";',
      "a.js": one("a"),
      "effect.js": "globalThis.effect = 1;",
    };
    const bundles = ["false", '["./effect.js"]', '["*.css"]'].map(async (sideEffects) => {
      const text = `{"name":"p","version":"1.0.0","sideEffects":${sideEffects}}`;
      const inPackage = Object.fromEntries(
        Object.entries(files).map(([name, body]) => [`node_modules/p/${name}`, body]),
      );
      const source = 'import a from "p"; export const execute_action = () => a;';
      return (await run({ ...inPackage, "node_modules/p/package.json": text }, { p: "1.0.0" }, source)).bundle.script;
    });
    const hasEffect = (await Promise.all(bundles)).map((script) => script.includes("globalThis.effect"));
    expect(hasEffect).toEqual([false, true, false]);
  });
});

test("a package of a thousand files takes about as long as esbuild alone", async () => {
  const files: Record<string, string> = {
    "node_modules/many/package.json": manifest("many", "1.0.0", { type: "module" }),
  };
  const names = Array.from({ length: 1_000 }, (_, at) => `f${at}`);
  for (const [at, name] of names.entries()) {
    const needs = [at + 1, at * 2 + 3].filter((other) => other > at && other < 1_000);
    const imports = needs.map((other) => `import { f${other} } from "./f${other}.js";`).join("\n");
    files[`node_modules/many/${name}.js`] =
      `${imports}\nexport const ${name} = () => [${needs.map((other) => `f${other}`).join(", ")}];`;
  }
  files["node_modules/many/index.js"] = names.map((name) => `export * from "./${name}.js";`).join("\n");
  const folder = folderWith(files);
  const one = compiler({ packages: { folder, allow: { many: "1.0.0" } } });
  await one.compile({ source: "export const execute_action = () => 0;" }, LIMITS);
  const time = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
  let [ours, plain] = [Infinity, Infinity];
  for (let round = 0; round < 3; round++) {
    const contents = `import { f1 } from "many"; export const execute_action = () => f1().length + ${round};`;
    ours = Math.min(ours, await time(async () => bundleOf(await one.compile({ source: contents }, LIMITS))));
    const bare = {
      stdin: { contents, resolveDir: folder },
      bundle: true,
      write: false,
      sourcemap: "external",
      outfile: "x.js",
    } as const;
    plain = Math.min(plain, await time(() => build({ ...bare, format: "cjs", logLevel: "silent" })));
  }
  // Asking esbuild for every import takes forty times as long. On a quiet machine it is less than twice.
  expect(ours / plain).toBeLessThan(8);
});
