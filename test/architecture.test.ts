// The drawing of the house, held against the sources: who may import whom, and what has a single importer.
import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { type Import, type Source, importsOf, readSources } from "./imports.ts";
import { FLOORS, ROOMS } from "./rooms.ts";

/** Who alone may import a package, as the beginning of the importer's path. */
const SINGLE_IMPORTER: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^isolated-vm$/, ["sandbox/worker/"]],
  [/^esbuild(?:-wasm)?$/, ["languages/"]],
  [/^libphonenumber-js(?:\/|$)/, ["host-api/phone.ts"]],
  [/^(?:node:sqlite|pg|postgres|better-sqlite3)$/, ["storage/"]],
];
const SQL = /\b(?:select\s+[\w*,\s]+\sfrom|insert\s+into|create\s+table|delete\s+from|update\s+\w+\s+set)\s/i;
/** The name of a variable that bundles are given a value for stands in quotes. The environment is asked what a terminal is like, for the settings of the service, and where a service is. */
const ENVIRONMENT_READERS = ["cli/terminal.ts", "service/config.ts", "service/remote.ts"];
const ENVIRONMENT =
  /(?<!")\bprocess\s*\??\.\s*env\b|\bprocess\[|\benv\b[^=;]*\}\s*=\s*process\b|\benv\b[^;]*\}\s*from\s*"(?:node:)?process"/;

const roomOf = (path: string): string | null => ROOMS.find((room) => path.startsWith(`${room}/`)) ?? null;
const floorOf = (room: string): number => FLOORS.findIndex((floor) => floor.includes(room));

function mayImport(from: string, to: string): boolean {
  return from === to || floorOf(from) > floorOf(to);
}

const arrow = ({ from, to }: Import): string => `${from} → ${to}`;

function upward(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => {
      const [above, below] = [roomOf(from), roomOf(to)];
      if (!to.includes("/") || above === null) return false;
      // A path that leads out of the rooms leads to tests, scripts or fixtures.
      if (below === null) return /^(?:test|scripts|fixtures|bench|compat|tools)\//.test(to);
      return !mayImport(above, below);
    })
    .map(arrow);
}

function wrongImporters(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) =>
      SINGLE_IMPORTER.some(([name, homes]) => name.test(to) && !homes.some((home) => from.startsWith(home))),
    )
    .map(arrow);
}

/** Guest code and the worker process are bundled on their own: what they load comes along to the far side of the wall. */
function acrossTheWall(imports: readonly Import[]): string[] {
  const far: readonly (readonly [string, RegExp])[] = [
    ["sandbox/guest/", /^sandbox\/guest\//],
    ["web/guest/", /^(?:web|sandbox)\/guest\//],
    ["languages/javascript/guest/", /^(?:languages\/javascript|web|sandbox)\/guest\//],
    // Names of stages, and the clock of both sides by which they are marked.
    [
      "sandbox/worker/",
      /^(?:sandbox\/(?:worker\/|protocol\/(?:wire|positions|host-frames|stages)\.ts)|base\/machine-time\.ts$|node:|isolated-vm$)/,
    ],
    // The table of Brotli's decoders reads nothing: host and worker have to judge alike.
    ["web/worker/", /^(?:web\/worker\/|base\/brotli\.ts$|node:)/],
    ["languages/python/guest/", /^(?:languages\/python|sandbox)\/guest\//],
    ["languages/python/worker/", /^(?:languages\/python\/(?:worker\/|image-files\.ts)|sandbox\/worker\/|node:)/],
    ["languages/python/bake/", /^(?:languages\/python\/bake\/|node:)/],
    ["debug/guest/", /^(?:debug|sandbox)\/guest\//],
    ["debug/worker/", /^(?:debug\/worker\/|sandbox\/(?:worker\/|protocol\/wire\.ts)|web\/worker\/|node:)/],
    ["languages/worker.ts", /^(?:sandbox|web|languages\/python)\/worker\//],
    // What runs in a browser is bundled on its own, and knows the host by types alone.
    ["playground/kit/", /^playground\/kit\//],
    ["playground/page/", /^playground\/(?:kit|page)\//],
    ["service/console/", /^(?:playground\/kit|service\/console)\//],
  ];
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const side = far.find(([folder]) => from.startsWith(folder));
    if (side !== undefined) return !typeOnly && to.includes("/") && roomOf(to) !== null && !side[1].test(to);
    return !typeOnly && far.some(([folder]) => to.startsWith(folder));
  });
  return wrong.map(arrow);
}

/** A way from a file back to itself, over imports of types as well. */
function circle(imports: readonly Import[]): string[] | null {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]): string[] | null => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const { to } of next.get(path) ?? []) {
      const found = walk(to, [...way, path]);
      if (found) return found;
    }
    done.add(path);
    return null;
  };
  for (const path of next.keys()) {
    const found = walk(path, []);
    if (found) return found;
  }
  return null;
}

const textReaders = (sources: readonly Source[], pattern: RegExp, homes: readonly string[]): string[] =>
  sources
    .filter(({ path, text }) => pattern.test(text) && !homes.some((home) => path.startsWith(home)))
    .map(({ path }) => path);

const readJson = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8")) as Record<string, unknown>;

/** Packages that a user would miss: what is bundled by the build brings its own along, all else finds what is installed with the package. */
function notInstalled(imports: readonly Import[]): string[] {
  const manifest = readJson("package.json") as { readonly [kind: string]: Record<string, string> };
  const installed = new Set(Object.keys({ ...manifest["dependencies"], ...manifest["peerDependencies"] }));
  const bundled = readJson("tsconfig.build.json")["exclude"] as readonly string[];
  return imports
    .filter(({ from, to, typeOnly }) => {
      const [, name] = /^((?:@[^/]+\/)?[^/.:][^/:]*)(?:\/|$)/.exec(to) ?? [];
      if (name === undefined || typeOnly || roomOf(to) !== null) return false;
      return !installed.has(name) && !bundled.some((folder) => from === folder || from.startsWith(`${folder}/`));
    })
    .map(arrow);
}

const sources = readSources(ROOMS);
const imports = sources.flatMap(importsOf);

describe("the sources", () => {
  test("are all seen", () => {
    expect(sources.length).toBeGreaterThan(60);
    expect(imports.length).toBeGreaterThan(200);
    // Styles are no sources of ours to read; that they are there is what the bundle is made of.
    const isThere = (to: string): boolean => sources.some(({ path }) => path === to) || to.endsWith(".css");
    const dangling = imports.filter(({ to }) => roomOf(to) !== null && !isThere(to));
    expect(dangling.map(arrow)).toEqual([]);
  });

  test("import downward only, types included: sandbox and host-api do not know each other, nor runtime delivery", () => {
    expect(upward(imports)).toEqual([]);
  });

  test("import in no circle, types included", () => {
    expect(circle(imports)).toBeNull();
  });

  test("keep isolated-vm, esbuild, libphonenumber-js and databases each in one place", () => {
    expect(wrongImporters(imports)).toEqual([]);
  });

  test("write SQL in folders called statements alone", () => {
    expect(
      textReaders(sources, SQL, ["storage/statements/", "delivery/statements/", "service/store/statements/"]),
    ).toEqual([]);
  });

  test("read the environment in three files alone", () => {
    expect(textReaders(sources, ENVIRONMENT, ENVIRONMENT_READERS)).toEqual([]);
  });

  test("import no package that is not installed with what is published", () => {
    expect(notInstalled(imports)).toEqual([]);
  });

  test("load nothing of the host's into guest code, and nothing of the far side into the host", () => {
    expect(acrossTheWall(imports)).toEqual([]);
  });
});

describe("the checks catch", () => {
  test("a package that is there in this repository alone", () => {
    const typeOnly = false;
    expect(notInstalled([{ from: "debug/script.ts", to: "jest/bin", typeOnly }])).toEqual([
      "debug/script.ts → jest/bin",
    ]);
    expect(notInstalled([{ from: "debug/script.ts", to: "zod/v4", typeOnly }])).toEqual([]);
  });

  const seen = (path: string, text: string): Import[] => importsOf({ path, text });

  test.each<[string, string, string, (imports: readonly Import[]) => string[]]>([
    ["a room that looks up", "sandbox/index.ts", `import { execute } from "../runtime/execute.ts";`, upward],
    ["a type that looks up", "sandbox/index.ts", `import type { Outcome } from "../runtime/outcome.ts";`, upward],
    ["a type in an expression", "host-api/index.ts", `type A = typeof import("../runtime/outcome.ts");`, upward],
    ["neighbours", "host-api/index.ts", `export { createSandbox } from "../sandbox/index.ts";`, upward],
    ["runtime that knows delivery", "runtime/execute.ts", `import "../delivery/index.ts";`, upward],
    ["an import over several lines", "sandbox/index.ts", `import {\n  a,\n  b,\n} from "../cli/main.ts";`, upward],
    ["a dynamic import", "runtime/index.ts", `await import("../cli/run.ts");`, upward],
    ["a source that needs a test", "runtime/index.ts", `import { x } from "../test/imports.ts";`, upward],
    ["a second importer", "sandbox/index.ts", `import ivm from "isolated-vm";`, wrongImporters],
    ["a subpath of a package", "runtime/index.ts", `import { parse } from "libphonenumber-js/max";`, wrongImporters],
    [
      "the host's code in guest code",
      "sandbox/guest/clock.ts",
      `import { Pool } from "../pool/pool.ts";`,
      acrossTheWall,
    ],
    ["the worker's code in the host", "sandbox/index.ts", `import { Run } from "./worker/run.ts";`, acrossTheWall],
  ])("%s", (_, path, text, check) => {
    expect(check(seen(path, text))).toHaveLength(1);
  });

  test("a circle, one of types as well", () => {
    const there = seen("runtime/a.ts", `import { b } from "./b.ts";`);
    expect(circle([...there, ...seen("runtime/b.ts", `import { a } from "./a.ts";`)])).toHaveLength(3);
    expect(circle([...there, ...seen("runtime/b.ts", `import type { A } from "./a.ts";`)])).toHaveLength(3);
    expect(circle([...there, ...seen("runtime/b.ts", `import { c } from "./c.ts";`)])).toBeNull();
  });

  test.each([
    "process.env.HOME",
    `process["env"]`,
    "const { env } = process;",
    `import { argv, env } from "node:process";`,
  ])("the environment read as %s", (text) => {
    expect(textReaders([{ path: "runtime/index.ts", text }], ENVIRONMENT, ENVIRONMENT_READERS)).toHaveLength(1);
  });

  test("but no word in a comment", () => {
    expect(
      seen("sandbox/index.ts", `/**\n * import { a } from "../cli/main.ts";\n */\n// import "../cli/run.ts";`),
    ).toEqual([]);
  });
});
