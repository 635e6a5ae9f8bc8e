/**
 * The snippets of every page are code that works: what a page shows as found is found, what it shows as right is not, what it shows
 * of the library type-checks against the built declarations, and its configuration is read. (The tutorial, the recipes, the scenarios and
 * README's examples are run whole by tests of their own.)
 */
import { afterAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { check } from "../../author/check/check.ts";
import { RULES } from "../../author/check/finding.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { readConfig } from "../../author/config.ts";
import { loadScenarios } from "../../author/scenarios/load.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import { ROOT, batonAll, tempFolder } from "../cli/baton.ts";
import type { Job } from "../cli/baton.ts";
import { PAGES, anchors, blocks, links, read } from "./pages.ts";

const run = promisify(execFile);

describe("the pages of the rules", () => {
  const folder = tempFolder();
  const runner = new ScenarioRunner();
  afterAll(async () => {
    await runner.close();
    folder[Symbol.dispose]();
  });

  /** What the snippets call and do not show. */
  const AROUND = `
    const id = "A-1";
    async function fetch_order(id: string) { return { total: id.length }; }
    async function fetch_stock(id: string) { return id.length; }
    async function is_open() { return true; }
    async function notify(context: unknown) { void context; }
    void [id, fetch_order, fetch_stock, is_open, notify];
  `;

  test("what is marked as found is found by its rule, and all else is not", async () => {
    const codesOf = (page: string): string[] =>
      Object.entries(RULES).flatMap(([code, of]) => (page === `docs/rules/${of}.md` ? [code] : []));
    const pages = PAGES.filter((page) => codesOf(page).length > 0);
    // Each remark ends a piece; a piece is an action of its own.
    const pieces = blocks("ts", pages).flatMap(({ page, text, place }) =>
      text
        .split(/(?<=\/\/ (?:found|right)[^\n]*\n)/)
        .map((piece, index) => ({ page, place: `${place}.${index}`, piece, isFound: /\/\/ found/.test(piece) })),
    );
    expect(pieces.filter(({ isFound }) => isFound).length).toBeGreaterThanOrEqual(8);
    const files = pieces.map(({ piece }, index) => {
      const file = join(folder.path, `piece-${index}.ts`);
      const isWhole = piece.includes("execute_action");
      const body = `${AROUND}\nexport async function execute_action(context: ActionContext<{ desk: string }>) {\n${piece}\n}\n`;
      writeFileSync(file, isWhole ? piece : body);
      return file;
    });
    const { findings } = await check(runner, files, { folder: folder.path, types: false });
    const told = pieces.map(({ page, place, piece }, index) => {
      const own = findings.filter(
        ({ file, code }) => file.endsWith(`piece-${index}.ts`) && codesOf(page).includes(code),
      );
      return { place, piece, isFound: own.length > 0 };
    });
    expect(told).toEqual(pieces.map(({ place, piece, isFound }) => ({ place, piece, isFound })));
  });
});

describe("snippets of TypeScript", () => {
  const project = tempFolder();
  afterAll(() => project[Symbol.dispose]());

  /** These are run whole elsewhere. */
  const RUN = new Set(["docs/tutorial.md", "docs/recipes.md"]);
  const shown = blocks("ts").filter(({ page }) => !RUN.has(page) && !page.startsWith("docs/rules/"));
  const isOfHost = (text: string): boolean =>
    /createRuntime|runtime\.|openHandoffs|createReceiver|baton-runtime\/(?:testing|delivery|hours|client|service)/.test(
      text,
    );

  /** What a page has imported in an earlier snippet. */
  const HOST_MODULES = {
    createRuntime: "baton-runtime",
    openHandoffs: "baton-runtime/delivery",
    createReceiver: "baton-runtime/delivery",
  };
  /** What a host's snippet takes for given. */
  const HOST = `
    declare global {
      const runtime: import("baton-runtime").Runtime;
      const action: import("baton-runtime").ActionSource;
      const context: import("baton-runtime").Context;
      const token: string; const secret: string; const accountSid: string; const authToken: string;
      const desk: import("baton-runtime/delivery").Provider;
      const pager: import("baton-runtime/delivery").Provider;
      const seen: import("baton-runtime/delivery").SeenIds;
      const request: { readonly headers: Headers };
      const rawBody: Uint8Array;
      function openTicket(data: import("baton-runtime/delivery").HandoffDelivery): Promise<void>;
      const key: string; const id: string;
      type Delivery = Parameters<typeof import("baton-runtime/delivery").openHandoffs>[0];
      const store: Delivery["store"]; const logger: Delivery["logger"];
    }
    export {};
  `;
  /** And an action's. */
  const ACTION = `
    declare const context: ActionContext;
    declare const url: string;
    interface BatonSecrets { readonly ORDERS_TOKEN: SecretPlaceholder; readonly ORDERS_LOGIN: SecretPlaceholder }
    declare function fetch_order(id: string): { hasFraudFlag: boolean };
  `;

  function write(kind: "host" | "action", given: string, types: readonly string[], lib: readonly string[]): string[] {
    const below = join(project.path, kind);
    mkdirSync(below);
    writeFileSync(join(below, "given.d.ts"), given);
    const own = shown.filter(({ text }) => isOfHost(text) === (kind === "host"));
    for (const [index, { text }] of own.entries()) {
      const imports = Object.entries(HOST_MODULES)
        .filter(([name, module]) => text.includes(`${name}(`) && !text.includes(`from "${module}"`))
        .map(([name, module]) => `import { ${name} } from "${module}";\n`);
      // A declaration is shown bare, as a page on an interface does.
      const isDeclaration = /^function [^{]*\): \{[^}]*\};\n$/.test(text);
      const code = isDeclaration
        ? `const same: typeof shown = hand_off_conversation;\nvoid same;\ndeclare ${text.replace(/^function \w+/, "function shown")}`
        : text;
      writeFileSync(join(below, `snippet-${index}.ts`), `${imports.join("")}${code}\nexport {};\n`);
    }
    const compilerOptions = {
      ...{ target: "es2025", lib, module: "nodenext", moduleDetection: "force", strict: true, noEmit: true },
      ...{ skipLibCheck: true, types },
    };
    writeFileSync(join(below, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    return own.map(({ place }) => place);
  }

  test("type-check against what is published", async () => {
    mkdirSync(join(project.path, "node_modules"));
    symlinkSync(ROOT, join(project.path, "node_modules/baton-runtime"), "dir");
    symlinkSync(join(ROOT, "node_modules/@types"), join(project.path, "node_modules/@types"), "dir");
    writeFileSync(join(project.path, "package.json"), `{ "name": "snippets", "type": "module" }`);
    const lib = ["es2025", "esnext"];
    const host = write("host", HOST, ["node"], lib);
    const action = write("action", ACTION, ["baton-runtime/globals", "baton-runtime/web-globals"], lib);
    expect(host.length).toBeGreaterThanOrEqual(6);
    expect(action.length).toBeGreaterThanOrEqual(3);
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const told = await Promise.all(
      ["host", "action"].map(async (kind) => {
        const checked = run(process.execPath, [tsc, "-p", join(project.path, kind)]);
        return (await checked.catch((error: { stdout: string }) => error)).stdout;
      }),
    );
    expect({ told, host, action }).toEqual({ told: ["", ""], host, action });
  });
});

describe("snippets of JSON", () => {
  test("are what they are shown as: configurations and scenarios that are read", async () => {
    const kinds = new Map<string, number>();
    for (const { text, place } of blocks("json")) {
      using folder = tempFolder({ "action.ts": "export const execute_action = () => 1;" });
      const given = JSON.parse(text) as Record<string, unknown>;
      const kind = "http" in given ? "scenario" : "configuration";
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (kind === "scenario") {
        const file = join(folder.path, "action.scenario.json");
        writeFileSync(file, text);
        expect({ place, http: (await loadScenarios(file))[0]!.http }).toEqual({ place, http: given["http"] });
      } else {
        writeFileSync(join(folder.path, "baton.config.json"), text);
        const { folder: _, ...read } = await readConfig(folder.path);
        expect({ place, keys: Object.keys(read).sort() }).toEqual({ place, keys: configKeysOf(given) });
      }
    }
    expect([...kinds.keys()].sort()).toEqual(["configuration", "scenario"]);
  });

  const configKeysOf = (given: object): string[] =>
    Object.keys(given)
      .filter((key) => key !== "$schema")
      .sort();
});

describe("commands", () => {
  test("that a page or a help text shows exist, with the flags that they are shown with", async () => {
    const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);
    const npm = ["ci", "start", "test", "install", "init", "pack"];
    const flags = new Map<string, string[]>();
    const examples: string[] = [];
    for (const row of COMMANDS) {
      const { usage } = await row.load();
      flags.set(
        row.name,
        usage.flags.map(({ name }) => `--${name}`),
      );
      examples.push(...usage.examples);
    }
    const lines = [...blocks("sh"), ...blocks("console")].flatMap(({ text }) => text.split("\n"));
    const inline = PAGES.flatMap((page) =>
      [...read(page).matchAll(/`((?:npx )?baton [a-z]+[^`]*|npm [a-z]+[^`]*)`/g)].map((match) => match[1]!),
    );
    const wrong: string[] = [];
    let asked = 0;
    for (const line of [...lines, ...inline, ...examples]) {
      const script = /\bnpm run (?:--silent )?([\w:-]+)/.exec(line)?.[1];
      if (script !== undefined && !scripts.includes(script)) wrong.push(line);
      const verb = /\bnpm ([a-z]+)/.exec(line)?.[1];
      if (verb !== undefined && verb !== "run" && !npm.includes(verb)) wrong.push(line);
      const command = /(?:^|npx |[("])baton(?: --)? ([a-z]+)([^|#]*)/.exec(line);
      if (command === null) continue;
      asked += 1;
      const known = flags.get(command[1]!);
      const given = [...command[2]!.matchAll(/(?<=\s)--[a-z-]+/g)].map(([flag]) => flag);
      if (command[1] !== "help" && (known === undefined || !given.every((flag) => known.includes(flag))))
        wrong.push(line);
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(40);
  });

  test("print the keys that docs/commands.md lists for --json", async () => {
    using folder = tempFolder({
      "a.ts": "export const execute_action = () => 1;",
      "a.scenario.json": "{}",
    });
    const cwd = folder.path;
    const rows = [...read("docs/commands.md").matchAll(/^\| (`baton[^|]*--json`) +\| (.+?) +\|$/gm)];
    const listed = new Map(
      rows.map((match) => [match[1]!, [...match[2]!.split("; ")[0]!.matchAll(/`(\w+)`/g)].map((key) => key[1]!)]),
    );
    const jobs: Record<string, Job> = {
      "`baton init --json`": { args: ["init", "made", "--json"], cwd },
      "`baton test --json`": { args: ["test", "a.ts", "--json"], cwd },
      "`baton matrix --json`": {
        args: ["matrix", "a.ts", "--channels", "chat", "--environments", "test", "--json"],
        cwd,
      },
      "`baton doctor --json`": { args: ["doctor", "--json"], cwd },
      "`baton completion SHELL --json`": { args: ["completion", "bash", "--json"] },
      "`baton --json`, `baton help --json`": { args: ["--json"] },
      "`baton COMMAND --help --json`": { args: ["run", "--help", "--json"] },
      "`baton --version --json`": { args: ["--version", "--json"] },
    };
    const told = await batonAll(jobs);
    for (const name of Object.keys(jobs)) {
      const keys = Object.keys(JSON.parse(told[name]!.stdout) as object);
      expect({ name, keys: keys.toSorted() }).toEqual({ name, keys: listed.get(name)!.toSorted() });
    }
  });
});

describe("links", () => {
  test.each(PAGES)("of %s lead to a file, and to a heading of it", (page) => {
    for (const { target, to, anchor } of links(page)) {
      expect({ target, there: existsSync(join(ROOT, to)) }).toEqual({ target, there: true });
      if (anchor !== null) expect({ target, there: anchors(to).has(anchor) }).toEqual({ target, there: true });
    }
  });

  test("of the pages in the package lead to what is in the package", () => {
    const packed = (to: string): boolean =>
      to.startsWith("docs/") || ["README.md", "CHANGELOG.md", "LICENSE"].includes(to);
    const out = PAGES.filter((page) => page.startsWith("docs/")).flatMap((page) =>
      links(page).filter(({ to }) => !packed(to)),
    );
    expect(out).toEqual([]);
  });
});
