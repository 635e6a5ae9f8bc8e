/** The way from a source to its artifact that takes no wait leads where the other one does, and nowhere else. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Compiler, createCompiler } from "../../languages/compile/compiler.ts";
import { shippedLanguages } from "../../languages/index.ts";
import { folderWith } from "./compiling.ts";

const LIMITS = { sourceBytes: 1_000, bundleBytes: 100_000, compileMs: 30_000 };
const source = "export function execute_action() { return 1; }";

let compiler: Compiler;
beforeAll(() => {
  compiler = createCompiler({ languages: shippedLanguages(), cacheBytes: 20_000 });
});
afterAll(() => compiler.close());

test("a source that was compiled is known at once, by its text and by its hash", async () => {
  expect(compiler.lookUp({ source }, LIMITS)).toBeNull();
  const compiled = await compiler.compile({ source }, LIMITS);
  expect(compiled.ok).toBe(true);
  expect(compiler.lookUp({ source }, LIMITS)).toBe(compiled);
  expect(compiler.lookUp({ hash: compiled.hash }, LIMITS)).toBe(compiled);
});

test("not under another name, whose language may be another, and not where less is allowed", async () => {
  const compiled = await compiler.compile({ source }, LIMITS);
  expect(compiler.lookUp({ source, filename: "action.js" }, LIMITS)).toBeNull();
  expect(compiler.lookUp({ source }, { ...LIMITS, sourceBytes: 10 })).toBeNull();
  expect(compiler.lookUp({ source }, { ...LIMITS, bundleBytes: 10 })).toMatchObject({
    ok: false,
    code: "BUNDLE_TOO_LARGE",
  });
  expect(compiler.lookUp({ source }, LIMITS)).toBe(compiled);
});

test("nor once the cache has given it up", async () => {
  await compiler.compile({ source }, LIMITS);
  for (let n = 0; n < 20; n++) await compiler.compile({ source: `${source} // ${n}` }, LIMITS);
  expect(compiler.lookUp({ source }, LIMITS)).toBeNull();
});

test("what did not compile is known too", async () => {
  const broken = { source: "export const x = ;" };
  const compiled = await compiler.compile(broken, LIMITS);
  expect(compiler.lookUp(broken, LIMITS)).toBe(compiled);
  expect(compiled.ok).toBe(false);
});

test("what one may import another with the same text may not, whichever was compiled last", async () => {
  const text = 'import { n } from "p"; export const execute_action = () => n;';
  const folder = folderWith({
    "node_modules/p/package.json": '{"name":"p","version":"1.0.0","main":"index.js"}',
    "node_modules/p/index.js": "exports.n = 1;",
  });
  const own = createCompiler({ languages: shippedLanguages(), packages: { folder, allow: { p: "1.0.0" } } });
  const [may, mayNot] = [
    { source: text, packages: ["p"] },
    { source: text, packages: [] },
  ];
  try {
    for (const action of [may, mayNot, may]) {
      const compiled = await own.compile(action, LIMITS);
      expect(compiled.ok).toBe(action === may);
      for (const other of [may, mayNot, { source: text }]) {
        // What a package went into is looked at again before it serves.
        expect([null, other === action ? compiled : null]).toContain(own.lookUp(other, LIMITS));
      }
    }
  } finally {
    await own.close();
  }
});
