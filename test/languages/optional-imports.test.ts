// A module that may be missing throws where it is asked for; one that must be there is an error of the source.
import { describe, expect, test } from "@jest/globals";
import { bundleOf, compiler, firstOf, folderWith, LIMITS, load, sharedCompiler } from "./compiling.ts";

const runs = async (source: string, filename = "action.ts"): Promise<unknown> =>
  load(bundleOf(await sharedCompiler().compile({ source, filename }, LIMITS)))["execute_action"]!({});

describe("in an action", () => {
  test.each([
    [
      "a require in a try",
      'let x; try { x = require("left-pad"); } catch (e) { x = e; } export const execute_action = () => x;',
    ],
    [
      "a require of a built-in",
      'export const execute_action = () => { try { return require("node:fs"); } catch (e) { return e; } };',
    ],
    [
      "a file",
      'export const execute_action = () => { try { return require("./nowhere.js"); } catch (e) { return e; } };',
    ],
    [
      "an import() in a try",
      'export const execute_action = async () => { try { return await import("left-pad"); } catch (e) { return e; } };',
    ],
    [
      "an import() with a catch",
      'export const execute_action = () => import("left-pad").then(() => 1).catch((e) => e);',
    ],
    [
      "a function inside the try",
      'export const execute_action = () => { try { return (() => require("left-pad"))(); } catch (e) { return e; } };',
    ],
    [
      "a template",
      "export const execute_action = () => { try { return require(`left-pad`); } catch (e) { return e; } };",
    ],
  ])("%s throws a sentence with a code where it runs", async (_name, source) => {
    const error = (await runs(source)) as Error & { code: string };
    expect(error.message).toMatch(/^"(?:left-pad|node:fs|\.\/nowhere\.js)" cannot be imported: .+\.$/);
    expect(error.code).toMatch(/^(?:ERR_)?MODULE_NOT_FOUND$/);
  });

  test("it throws each time, as in Node", async () => {
    const source = `const once = () => { try { require("x"); return "loaded"; } catch (e) { return e.code; } }; exports.execute_action = () => [once(), once()];`;
    expect(await runs(source, "action.cjs")).toEqual(["MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]);
  });

  test.each([
    ["a static import", 'import x from "left-pad"; export const execute_action = () => x;'],
    ["one in a try by name alone", 'import "left-pad"; try { 1; } catch {} export const execute_action = () => 1;'],
    ["a require outside", 'export const execute_action = () => require("left-pad");'],
    [
      "a require in the catch",
      'export const execute_action = () => { try { throw 1; } catch { return require("left-pad"); } };',
    ],
    [
      "one guarded and one that is not",
      'try { require("left-pad"); } catch {} export const execute_action = () => require("left-pad");',
    ],
    ["an import() that nothing catches", 'export const execute_action = () => import("left-pad");'],
  ])("%s does not compile", async (_name, source) => {
    expect(firstOf(await sharedCompiler().compile({ source }, LIMITS))).toMatchObject({
      code: "IMPORT_REFUSED",
      line: 1,
    });
  });
});

describe("in a package", () => {
  const compileWith = (body: string, others: Readonly<Record<string, string>> = {}) => {
    const folder = folderWith({
      "node_modules/p/package.json": '{"name":"p","version":"1.0.0","optionalDependencies":{"absent":"1"}}',
      "node_modules/p/index.js": body,
      ...others,
    });
    const source = 'import p from "p"; export const execute_action = () => p();';
    return compiler({ packages: { folder, allow: { p: "1.0.0" } } }).compile({ source }, LIMITS);
  };

  test.each([
    ["in a try", 'let x = "without"; try { x = require("absent"); } catch {} module.exports = () => x;'],
    ["in a function that is not called", 'module.exports = () => "without"; exports.f = () => require("crypto");'],
    [
      "in a branch",
      'let x; if (typeof module === "undefined") x = require("node:crypto"); module.exports = () => "without";',
    ],
    ["behind &&", 'const x = typeof module !== "object" && require("util"); module.exports = () => "without";'],
    [
      "by import()",
      'module.exports = async () => { try { return await import("absent"); } catch { return "without"; } };',
    ],
  ])("one %s does not keep it from loading", async (_name, body) => {
    const bundle = bundleOf(await compileWith(body));
    expect(await load(bundle)["execute_action"]!()).toBe("without");
  });

  test("one that loading needs does not compile", async () => {
    const failed = await compileWith('const net = require("net"); module.exports = () => net;');
    expect(firstOf(failed).message).toContain('The package p needs "net", which is built into Node.js');
  });
});
