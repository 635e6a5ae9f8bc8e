/** What an import says must not depend on whether a file outside of what actions may read is there. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createRuntime } from "../../../runtime/index.ts";

let folder = "";
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "existence-")));
  const inPackage = join(folder, "packages", "node_modules", "pkg");
  await mkdir(join(folder, "outside"), { recursive: true });
  await writeFile(join(folder, "outside", "there.js"), "export {};");
  await mkdir(join(folder, "action"));
  await mkdir(inPackage, { recursive: true });
  await writeFile(join(inPackage, "package.json"), `{ "name": "pkg", "version": "1.0.0", "main": "index.js" }`);
  await writeFile(join(inPackage, "index.js"), "export const a = 1;");
  await writeFile(join(inPackage, "up-there.js"), `export * from "../../../outside/there.js";`);
  await writeFile(join(inPackage, "up-gone.js"), `export * from "../../../outside/gone.js";`);
  await symlink(join(folder, "outside"), join(folder, "action", "link"));
  await symlink(join(folder, "outside", "there.js"), join(folder, "action", "file-there.js"));
  await symlink(join(folder, "outside", "gone.js"), join(folder, "action", "file-gone.js"));
});
afterAll(() => rm(folder, { recursive: true }));

async function answerTo(specifier: string): Promise<string> {
  const packages = { folder: join(folder, "packages"), allow: { pkg: "1.0.0" } };
  await using runtime = await createRuntime({ packages });
  const file = join(folder, "action", "action.ts");
  await writeFile(file, `import * as x from ${JSON.stringify(specifier)};\nexport const execute_action = () => x;`);
  const { diagnostics } = await runtime.compile({ file });
  expect(diagnostics).toHaveLength(1);
  const { code, message } = diagnostics[0]!;
  return `${code} ${message}`.replaceAll("there", "FILE").replaceAll("gone", "FILE");
}

test.each([
  ["a path out of a package", (name: string) => `pkg/../../../outside/${name}.js`],
  ["the same, written otherwise", (name: string) => `pkg/./x/%2e%2e/..%2f../../outside/${name}.js`],
  ["a path to the root", (name: string) => (name === "there" ? "pkg/../../../../../../../../etc/passwd" : "pkg/../../../../../../../../etc/pass-wd")],
  ["a package's own path out of it", (name: string) => `pkg/up-${name}.js`],
  ["a folder that is a link", (name: string) => `./link/${name}.js`],
  ["a file that is a link", (name: string) => `./file-${name}.js`],
])("%s is answered the same", async (_name, specifier) => {
  const there = await answerTo(specifier("there"));
  expect(there.replace("passwd", "pass-wd")).toBe(await answerTo(specifier("gone")));
}); // prettier-ignore
