/** The documents are true: their examples run, and their tables are those of the code. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUN_USAGE } from "../../cli/run-request.ts";
import { DEFAULT_LIMITS } from "../../runtime/limits.ts";
import { ROOT, batonAll, tempFolder } from "./baton.ts";
import type { Job, Result } from "./baton.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) => match[1]!);
const batonLines = (text: string): string[][] =>
  blocks(text, "sh")
    .flatMap((block) => block.split("\n"))
    .map((line) => /(?:npx baton|npm run --silent baton --) (\w+ .*)$/.exec(line)?.[1]?.split(" "))
    .filter((args) => args !== undefined);

const README = read("README.md");

/** A project that has the package installed, with the fixtures lying in it. */
const project = tempFolder();
mkdirSync(join(project.path, "node_modules"));
symlinkSync(ROOT, join(project.path, "node_modules", "baton-runtime"), "dir");
for (const folder of ["actions", "contexts"]) cpSync(join(ROOT, "fixtures", folder), project.path, { recursive: true });
afterAll(() => project[Symbol.dispose]());

describe("README.md", () => {
  test("its library example runs, prints what its comments say, and the process exits by itself", () => {
    const [example, ...others] = blocks(README, "js");
    expect(others).toEqual([]);
    writeFileSync(join(project.path, "example.mjs"), example!);
    const told = [...example!.matchAll(/^console\.log.*\/\/ (.*)$/gm)].map((match) => match[1]!);
    const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], {
      cwd: project.path,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    // Node prints top-level text without quotes, the comments with them.
    const bare = (text: string): string => text.replaceAll(/["']/g, "");
    expect(stdout.trimEnd().split("\n").map(bare)).toEqual(told.map(bare));
    expect(told.length).toBeGreaterThan(3);
  });

  test("its action is that of the fixture", () => {
    const [action] = blocks(README, "ts");
    const [, body] = action!.split('<reference types="baton-runtime/globals" />\n');
    expect(read("fixtures/actions/fraud-review.ts")).toContain(body);
  });

  test("its first screen has the two commands, and npx only for a project that has the package installed", () => {
    const first = README.split("\n").slice(0, 25).join("\n");
    expect(first).toContain("npm ci && npm start");
    expect(first).toContain("npm ci && npm test");
    expect(README.slice(0, README.indexOf("npx baton"))).toMatch(
      /In a project that has the package installed:\n\n```sh\n$/,
    );
  });

  test("the pages that it links to are there", () => {
    const links = [...README.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(() => read(link)).not.toThrow();
  });
});

describe("every command line in the documents", () => {
  const lines = [
    ...batonLines(README).map((args) => ({ args, cwd: project.path })),
    ...batonLines(read("fixtures/README.md")).map((args) => ({ args, cwd: ROOT })),
    ...RUN_USAGE.examples.map((example) => ({
      args: example
        .replace(/^baton /, "")
        .replace(/ \|.*$/, "")
        .split(" "),
      cwd: project.path,
    })),
  ] satisfies Job[];
  let results: Record<string, Result>;
  beforeAll(async () => {
    results = await batonAll(Object.fromEntries(lines.map((job, index) => [index, job])));
  });

  test("runs and returns", () => {
    expect(lines.length).toBeGreaterThanOrEqual(11);
    for (const [index, { args }] of lines.entries()) {
      const { status, stderr } = results[index]!;
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" });
    }
  });
});

describe("tables", () => {
  test("docs/cli.md lists the flags of baton run", () => {
    const listed = [...read("docs/cli.md").matchAll(/^\| `--([a-z-]+)(?: ([A-Z-]+))?` +\|/gm)].map(
      ([, name, value]) => [name, value],
    );
    expect(listed).toEqual(RUN_USAGE.flags.map(({ name, value }) => [name, value]));
  });

  test("docs/contract.md lists the limits with their defaults", () => {
    const rows = [...read("docs/contract.md").matchAll(/^\| `(\w+)` +\| ([\d,]+)( KiB| MiB)? +\|/gm)];
    const units: Record<string, number> = { " KiB": 1024, " MiB": 1024 * 1024 };
    const listed = rows.map(([, name, amount, unit]) => [
      name,
      Number(amount!.replaceAll(",", "")) * (units[unit ?? ""] ?? 1),
    ]);
    expect(Object.fromEntries(listed)).toEqual({ ...DEFAULT_LIMITS });
  });
});
