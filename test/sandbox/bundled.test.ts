// The package in hosts that load it in another way than by import, taken apart by a bundler and by `require`, and on a machine that it cannot serve.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "@jest/globals";
import { build, type BuildOptions } from "esbuild";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "baton-bundled-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REQUIRE = "import { createRequire as made } from 'node:module'; const require = made(import.meta.url);";
const FORMATS = [
  ["an ES module", { format: "esm", banner: { js: REQUIRE } }, "mjs"],
  ["CommonJS", { format: "cjs" }, "cjs"],
] as const;

async function bundled(lines: string, options: BuildOptions, ending: string): Promise<string> {
  const source = join(folder, "host.mjs");
  const outfile = join(folder, `out/host.${ending}`);
  writeFileSync(source, lines);
  await build({ entryPoints: [source], bundle: true, platform: "node", outfile, logLevel: "error", ...options });
  const { stdout } = await run(process.execPath, [outfile]);
  return stdout;
}

const from = (path: string): string => JSON.stringify(join(root, path));
const SENTENCE = /^ASSETS_MISSING .*--packages=external\)\.\n$/;

test.each(FORMATS)(
  "a host that is bundled whole as %s is told in one sentence to leave the package out",
  async (_name, options, ending) => {
    const lines = `import { createRuntime } from ${from("runtime/index.ts")};
    createRuntime().catch((error) => console.log(error.code, error.message));`;
    expect(await bundled(lines, options, ending)).toMatch(SENTENCE);
  },
);

test.each(FORMATS)("so is one that opens a SQLite store, as %s", async (_name, options, ending) => {
  const lines = `import { openHandoffs } from ${from("delivery/index.ts")};
    openHandoffs({ store: "sqlite:" + ${JSON.stringify(join(folder, "x.db"))} }).catch((error) => console.log(error.code, error.message));`;
  expect(await bundled(lines, options, ending)).toMatch(SENTENCE);
});

test("a CommonJS program requires every entry", async () => {
  const script = `for (const entry of ["", "/delivery", "/service", "/client", "/hours", "/testing"])
    console.log(Object.keys(require("baton-runtime" + entry)).length > 0)`;
  const { stdout } = await run(process.execPath, ["--input-type=commonjs", "-e", script], { cwd: root });
  expect(stdout).toBe("true\n".repeat(6));
});

test("a machine for which isolated-vm has no build gets a sentence that says which Node versions work", async () => {
  const script = `const { createRuntime } = await import("baton-runtime");
    await createRuntime().catch((error) => console.log(error.code, error.retry, error.message));`;
  const program = ["--input-type=module", "-e", script];
  // As the look-up of builds sees another machine.
  const { stdout, stderr } = await run(process.execPath, program, { cwd: root, env: { npm_config_platform: "sunos" } });
  expect(stdout).toMatch(/^NODE_UNSUPPORTED never Baton works with Node 24 and 26; this is v26\..* has no build\.\n$/);
  expect(stderr).toBe("");
});
