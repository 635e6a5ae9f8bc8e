// The package as its users get it: packed, installed in an empty folder, and used by a plain Node process of every line it supports.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { walkThrough, walkThroughPython } from "./newcomer.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../", import.meta.url));
const tool = (path: string): string => join(root, "node_modules", path);

/** `--ignore-scripts`, because packing builds, and other tests are using what was built. */
const PACK = ["pack", "--ignore-scripts", "--json", "--pack-destination"];
const INSTALL = ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--prefix"];
const NODES = [
  ["26", tool(".bin/node")],
  ["24", join(root, "tools/node24/node_modules/.bin/node")],
] as const;

let folder: string;
let app: string;
let tarball: string;
let packed: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "baton-package-"));
  app = mkdtempSync(join(folder, "app-"));
  const { stdout } = await run("npm", [...PACK, folder], { cwd: root });
  const [told] = Object.values(JSON.parse(stdout) as object) as { filename: string; files: { path: string }[] }[];
  tarball = join(folder, told!.filename);
  packed = told!.files.map(({ path }) => path);
  writeFileSync(join(app, "package.json"), `{ "name": "app", "private": true, "type": "module" }`);
  await run("npm", [...INSTALL, app, tarball], { cwd: app });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `
  import { createRuntime } from "baton-runtime";
  const runtime = await createRuntime();
  const outcome = await runtime.execute({
    action: { source: "export const execute_action = (c: any) => hand_off_conversation(c, 'why').success" },
    context: { conversation: { id: "c", latestChannel: "chat" }, args: {} },
  });
  await runtime.close();
  const closed = performance.now();
  process.on("exit", () => console.log(JSON.stringify({ outcome, lingeredMs: performance.now() - closed })));
`;

interface Manifest {
  readonly scripts: object;
  readonly exports: Readonly<Record<string, string | { readonly default?: string }>>;
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
/** What can be loaded, as what follows the package's name; the others are declarations alone. */
const ENTRIES = Object.entries(manifest.exports)
  .filter(([, found]) => typeof found === "object" && found.default !== undefined)
  .map(([entry]) => entry.slice(1));

describe.each(NODES)("a plain process of Node %s without flags", (line, node) => {
  // The packages that bring Node 24 exist for Linux alone.
  const there = existsSync(node) ? test : test.skip;

  there("executes an action and exits by itself within a second after close()", async () => {
    expect((await run(node, ["--version"])).stdout).toMatch(new RegExp(`^v${line}\\.`));
    const { stdout, stderr } = await run(node, ["--input-type=module", "-e", PROGRAM], { cwd: app, env: {} });
    const told = JSON.parse(stdout) as { outcome: object; lingeredMs: number };
    expect(told.outcome).toMatchObject({ status: "returned", returnValue: true, handoff: { reason: "why" } });
    expect(told.lingeredMs).toBeLessThan(1_000);
    expect(stderr).toBe("");
  });

  there("a CommonJS program requires every entry, and executes an action", async () => {
    const script = join(app, "program.cjs");
    const program = `const [{ createRuntime }] = ${JSON.stringify(ENTRIES)}.map((entry) => require("baton-runtime" + entry));
      createRuntime().then(async (runtime) => {
        const outcome = await runtime.execute({
          action: { source: "export const execute_action = (c: any) => hand_off_conversation(c).success" },
          context: { conversation: { id: "c", latestChannel: "chat" }, args: {} },
        });
        await runtime.close();
        console.log(JSON.stringify(outcome));
      });`;
    writeFileSync(script, program);
    const { stdout, stderr } = await run(node, [script], { cwd: app, env: {} });
    expect(JSON.parse(stdout)).toMatchObject({ status: "returned", returnValue: true });
    expect(stderr).toBe("");
  });

  there("importing starts nothing: a process that only imports ends", async () => {
    const script = `import "baton-runtime"; console.log(process.getActiveResourcesInfo().filter((n) => /Process|Timeout|Socket/.test(n)).length)`;
    const { stdout } = await run(node, ["--input-type=module", "-e", script], { cwd: app, env: {} });
    expect(stdout).toBe("0\n");
  });

  there("baton --help works from the bin", async () => {
    const { stdout } = await run(node, [join(app, "node_modules/.bin/baton"), "--help"], { cwd: app, env: {} });
    expect(stdout).toContain("baton");
    expect(stdout).toContain("run");
  });
});

describe("the tarball", () => {
  test("holds what was built, its docs and nothing of the work on it", () => {
    const outside = packed.filter((path) => !/^(?:dist|docs)\//.test(path));
    expect(outside.toSorted()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    const leaks = /\.map$|\.test\.|(?:^|\/)(?:tests?|scripts|tools|fixtures)\/|\.tsx?$/;
    const isTemplate = (path: string): boolean => path.startsWith("dist/project/");
    expect(packed.filter((path) => leaks.test(path) && !path.endsWith(".d.ts") && !isTemplate(path))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(["dist/assets/worker.cjs", "dist/assets/bootstrap.js"]));
  });

  test("has every page that its pages link to", () => {
    const pages = packed.filter((path) => path.endsWith(".md"));
    const dead = pages.flatMap((page) => {
      const text = readFileSync(join(app, "node_modules/baton-runtime", page), "utf8");
      const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)/g)].map((match) => match[1]!);
      return links.filter((link) => !packed.includes(join(page, "..", link))).map((link) => `${page}: ${link}`);
    });
    expect(dead).toEqual([]);
  });

  test("names no path of the machine that built it, and no source map", () => {
    const texts = packed.filter((path) => /\.(?:c?js|d\.ts|json|md)$/.test(path));
    const installed = join(app, "node_modules/baton-runtime");
    const leaking = texts.filter((path) => {
      const text = readFileSync(join(installed, path), "utf8");
      return text.includes(root) || /^\/\/# sourceMappingURL/m.test(text);
    });
    expect(leaking).toEqual([]);
  });

  test("brings no Node, no tool of ours and no install script to its users", () => {
    const installed = readdirSync(join(app, "node_modules"));
    expect(installed.filter((name) => /^(?:node-(?!gyp)|baton-(?!runtime)|jest|typescript|oxlint)/.test(name))).toEqual(
      [],
    );
    const { scripts } = JSON.parse(readFileSync(join(app, "node_modules/baton-runtime/package.json"), "utf8")) as {
      scripts: object;
    };
    expect(Object.keys(scripts).filter((name) => /install/.test(name))).toEqual([]);
  });

  test("publint finds nothing", async () => {
    const { stdout } = await run(process.execPath, [tool("publint/src/cli.js"), tarball, "--strict"]);
    expect(stdout).toMatch(/All good/);
  });

  test("attw finds nothing for a package that is ESM alone", async () => {
    const { stdout } = await run(process.execPath, [
      tool("@arethetypeswrong/cli/dist/index.js"),
      "--profile",
      "esm-only",
      "--format",
      "json",
      tarball,
    ]);
    expect(stdout).toContain("baton-runtime");
  });
});

const PYTHON = `
  import { createRuntime } from "baton-runtime";
  const runtime = await createRuntime();
  const source = "from zoneinfo import ZoneInfo\\nfrom datetime import datetime\\ndef execute_action(context):\\n    return [hand_off_conversation(context, 'why')['success'], datetime(2024, 7, 1, tzinfo=ZoneInfo('Europe/Berlin')).isoformat()]\\n";
  const outcome = await runtime.execute({ action: { source, filename: "x.py" }, context: { conversation: { id: "c", latestChannel: "chat" }, args: {} } });
  await runtime.close();
  console.log(JSON.stringify(outcome));
`;

describe("Python, which is a package of its own", () => {
  const runPython = async (cwd: string): Promise<unknown> => {
    const { stdout } = await run(tool(".bin/node"), ["--input-type=module", "-e", PYTHON], { cwd, env: {} });
    return JSON.parse(stdout);
  };

  test("an action in it says which package is missing, and how to install it", async () => {
    expect(await runPython(app)).toMatchObject({
      status: "invalid",
      error: {
        code: "LANGUAGE_UNAVAILABLE",
        message: expect.stringContaining("npm install baton-runtime-python"),
        retry: "never",
      },
    });
    const { peerDependenciesMeta } = JSON.parse(
      readFileSync(join(app, "node_modules/baton-runtime/package.json"), "utf8"),
    ) as { peerDependenciesMeta: object };
    expect(peerDependenciesMeta).toMatchObject({ "baton-runtime-python": { optional: true } });
  });

  test("is data and licences, runs beside the other package in an empty folder, and has what its author needs there", async () => {
    const { stdout } = await run("npm", [...PACK, folder], { cwd: join(root, "packages/python") });
    const [told] = Object.values(JSON.parse(stdout) as object) as {
      filename: string;
      files: { path: string }[];
      size: number;
    }[];
    expect(told!.files.map(({ path }) => path).toSorted()).toEqual([
      "README.md",
      ...["facts.json", "image.wasm", "library.zip", "manifest.json", "trampoline.wasm", "zones.bin"].map(
        (name) => `data/${name}`,
      ),
      ...["Apache-2.0.txt", "LICENCES.md", "MIT.txt", "MPL-2.0.txt", "PSF-2.0.txt"].map((name) => `licences/${name}`),
      "package.json",
    ]);
    expect(told!.size).toBeLessThan(13 * 1024 * 1024);
    // Into a copy of what a newcomer has by then, as `npm install` adds it there.
    const both = mkdtempSync(join(folder, "python-"));
    await run("cp", ["-a", `${app}/.`, both]);
    await run("npm", [...INSTALL, both, join(folder, told!.filename)], { cwd: both });
    expect(await runPython(both)).toMatchObject({
      status: "returned",
      returnValue: [true, "2024-07-01T00:00:00+02:00"],
      handoff: { kind: "handoff", reason: "why" },
    });
    const installed = join(both, "node_modules/baton-runtime-python");
    expect(readFileSync(join(installed, "licences/MPL-2.0.txt"), "utf8")).toContain(
      "Mozilla Public License Version 2.0",
    );
    expect(readFileSync(join(installed, "licences/PSF-2.0.txt"), "utf8")).toContain(
      "PYTHON SOFTWARE FOUNDATION LICENSE",
    );
    await walkThroughPython({ app: both, node: tool(".bin/node"), typescript: tool("typescript") });
  });
});

test("a newcomer gets from init to a tested action with what was installed, and nothing else", async () => {
  await walkThrough({ app, node: tool(".bin/node"), typescript: tool("typescript") });
});

test("the declarations of every export type-check in a project that checks its libraries", async () => {
  writeFileSync(
    join(app, "consumer.ts"),
    `${ENTRIES.map((entry, index) => `import * as entry${index} from "baton-runtime${entry}"; void entry${index};`).join("\n")}
     import { createRuntime, createMemoryHandoffs, HostFault, DEFAULT_LIMITS } from "baton-runtime";
     import type { Handoffs, InvocationInput, Outcome, Runtime, RuntimeOptions } from "baton-runtime";
     import type { ActionContext } from "baton-runtime/globals";
     const options: RuntimeOptions = { handoffs: createMemoryHandoffs(), limits: { wallMs: DEFAULT_LIMITS.wallMs } };
     const input: InvocationInput = { action: { hash: "h" }, context: {}, environment: "test" };
     export async function go(handoffs: Handoffs, context: ActionContext): Promise<Outcome> {
       await using runtime: Runtime = await createRuntime({ ...options, handoffs });
       // @ts-expect-error an environment that there is not
       await runtime.execute({ ...input, environment: "staging" }).catch((error: unknown) => error instanceof HostFault);
       return runtime.execute({ ...input, context });
     }`,
  );
  // A CommonJS project loads the modules by `require`, as every Node that is supported does.
  writeFileSync(
    join(app, "consumer.cts"),
    `import { createRuntime } from "baton-runtime";
     import delivery = require("baton-runtime/delivery");
     export const parts = [createRuntime, delivery.openHandoffs];`,
  );
  expect(await typeCheck(["consumer.ts", "consumer.cts"], { types: ["node"], typeRoots: [tool("@types")] })).toBe("");
  // Actions are checked beside neither Node's types nor a browser's.
  writeFileSync(
    join(app, "action.ts"),
    `/// <reference types="baton-runtime/globals" />
     /// <reference types="baton-runtime/web-globals" />
     export async function execute_action(context: ActionContext<{ order: string }>): Promise<HandOffResult> {
       const response: Response = await fetch("https://api.example.com/" + context.args.order);
       return hand_off_conversation(context, { reason: await response.text() });
     }`,
  );
  expect(await typeCheck(["action.ts"], { types: [] })).toBe("");
});

async function typeCheck(files: readonly string[], options: object): Promise<string> {
  const compilerOptions = {
    target: "es2025",
    module: "nodenext",
    lib: ["es2025", "esnext.disposable"],
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    ...options,
  };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const checked = await run(process.execPath, [tool("typescript/bin/tsc"), "-p", app]).catch(
    (error: { stdout: string }) => error,
  );
  return checked.stdout;
}

test("a host that esbuild bundles with --packages=external executes an action, as an ES module and as CommonJS", async () => {
  const source = join(app, "host.mjs");
  writeFileSync(
    source,
    `import { createRuntime } from "baton-runtime";
    createRuntime().then(async (runtime) => {
      const action = { source: "export const execute_action = () => 7" };
      console.log((await runtime.execute({ action, context: { args: {} } })).returnValue);
      await runtime.close();
    });`,
  );
  for (const [format, ending] of [
    ["esm", "mjs"],
    ["cjs", "cjs"],
  ] as const) {
    const bundle = join(app, `host-${format}.${ending}`);
    const flags = ["--bundle", "--platform=node", `--format=${format}`, "--packages=external", "--log-level=error"];
    await run(tool(".bin/esbuild"), [source, ...flags, `--outfile=${bundle}`], { cwd: app });
    expect(await run(tool(".bin/node"), [bundle], { cwd: app, env: {} })).toMatchObject({ stdout: "7\n", stderr: "" });
  }
});

test("the lock file has every package that any platform may need, or npm ci refuses it", () => {
  type Entry = { version?: string; link?: boolean; dependencies?: object; optionalDependencies?: object };
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Entry>;
  };
  const places = Object.keys(packages);
  const missing = Object.values(packages)
    .flatMap(({ dependencies, optionalDependencies }) => Object.keys({ ...dependencies, ...optionalDependencies }))
    .filter((name) => !places.some((place) => place.endsWith(`node_modules/${name}`)));
  expect([...new Set(missing)]).toEqual([]);
});
