// The package in hosts that load it in another way than by import: taken apart by a bundler, and by `require`.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "@jest/globals";
import { build } from "esbuild";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "baton-bundled-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a host that is bundled whole says in one sentence to leave the package out", async () => {
  const [source, bundle] = [join(folder, "host.mjs"), join(folder, "out/host.mjs")];
  const from = JSON.stringify(join(root, "runtime/index.ts"));
  writeFileSync(
    source,
    `import { createRuntime } from ${from};
     createRuntime().catch((error) => console.log(error.code, error.message));`,
  );
  const js = "import { createRequire as made } from 'node:module'; const require = made(import.meta.url);";
  await build({
    entryPoints: [source],
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js },
    outfile: bundle,
  });
  const { stdout } = await run(process.execPath, [bundle]);
  expect(stdout).toMatch(/^ASSETS_MISSING .*--packages=external/);
});

test("a CommonJS program requires every entry", async () => {
  const script = `for (const entry of ["", "/delivery", "/service", "/client", "/hours", "/testing"])
    console.log(Object.keys(require("baton-runtime" + entry)).length > 0)`;
  const { stdout } = await run(process.execPath, ["--input-type=commonjs", "-e", script], { cwd: root });
  expect(stdout).toBe("true\n".repeat(6));
});
