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

/** A package that works if a map or a link of it leads to nothing must work the same where it leads to a file of the machine. */
const LEADS: Readonly<Record<string, (target: string) => Record<string, unknown>>> = {
  "a list of targets in exports": (target) => ({ exports: { ".": [`./${target}`, "./index.js"] } }),
  "a list of targets in imports": (target) => ({ main: "by-map.js", imports: { "#a": [`./${target}`, "./index.js"] } }),
  "its field browser": (target) => ({ browser: target, main: "index.js" }),
  "its field module": (target) => ({ module: target, main: "index.js" }),
  "a map for browsers": (target) => ({ main: "index.js", browser: { "./index.js": `./${target}` } }),
};

async function whatComesOf(name: string, manifest: Record<string, unknown>, link?: string): Promise<unknown> {
  const inPackage = join(folder, "packages", "node_modules", name);
  await mkdir(inPackage, { recursive: true });
  await writeFile(join(inPackage, "package.json"), JSON.stringify({ name, version: "1.0.0", ...manifest }));
  await writeFile(join(inPackage, "index.js"), "export const a = 1;");
  await writeFile(join(inPackage, "by-map.js"), 'export * from "#a";');
  await writeFile(join(inPackage, "by-link.js"), 'export * from "./link";');
  await writeFile(join(inPackage, "link.js"), "export const a = 1;");
  if (link !== undefined) await symlink(link, join(inPackage, "link"));
  await using runtime = await createRuntime({ packages: { folder: join(folder, "packages"), allow: { [name]: "1.0.0" } } });
  const source = `import * as x from ${JSON.stringify(name)};\nexport const execute_action = () => x.a;`;
  const { diagnostics } = await runtime.compile({ source });
  return diagnostics.map(({ code, message }) => `${code} ${message.replaceAll(name, "NAME").replaceAll("there", "FILE").replaceAll("gone", "FILE")}`);
} // prettier-ignore

test.each(Object.entries(LEADS))("a package cannot tell by %s what the machine has", async (kind, manifest) => {
  const name = kind.replaceAll(" ", "-");
  const there = await whatComesOf(`${name}-a`, manifest("../../../outside/there.js"));
  expect(there).toEqual(await whatComesOf(`${name}-b`, manifest("../../../outside/gone.js")));
});

test("a package cannot tell by a link what the machine has", async () => {
  const there = await whatComesOf("link-a", { main: "by-link.js" }, join(folder, "outside", "there.js"));
  expect(there).toEqual(await whatComesOf("link-b", { main: "by-link.js" }, join(folder, "outside", "gone.js")));
  const folders = await whatComesOf("link-c", { main: "by-link.js" }, join(folder, "outside"));
  expect(folders).toEqual(await whatComesOf("link-d", { main: "by-link.js" }, join(folder, "not-there")));
});

test.each([
  ["a module that is a link", "file"],
  ["a folder that is a link", "folder"],
])("an action in Python cannot tell by %s what the machine has", async (_what, kind) => {
  await using runtime = await createRuntime();
  const answers = await Promise.all(
    ["there", "gone"].map(async (name) => {
      const root = await realpath(await mkdtemp(join(folder, "python-")));
      await writeFile(join(folder, "outside", "there.py"), "x = 1\n");
      await mkdir(join(folder, "outside", "there"), { recursive: true });
      if (kind === "file") await symlink(join(folder, "outside", `${name}.py`), join(root, "asked.py"));
      else await symlink(join(folder, "outside", name), join(root, "asked"));
      await writeFile(join(root, "a.py"), "import asked\ndef execute_action(context):\n    return str(asked)\n");
      const outcome = await runtime.execute({ action: { file: join(root, "a.py"), root }, context: { args: {} } });
      return { status: outcome.status, code: outcome.error?.code, message: outcome.error?.message, value: outcome.returnValue };
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
}, 60_000); // prettier-ignore
