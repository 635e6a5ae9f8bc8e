/** The authors' pages are true: the tutorial is followed step by step, the recipes run, and the tables are those of the commands. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../cli/commands.ts";
import { check } from "../../author/check/check.ts";
import { loadScenarios } from "../../author/scenarios/load.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import { judge } from "../../author/scenarios/verdict.ts";
import { MAIN, ROOT, baton, tempFolder } from "./baton.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Block {
  readonly language: string;
  readonly info: string;
  readonly text: string;
  /** What stands before it. */
  readonly before: string;
}

function blocksOf(page: string): Block[] {
  const found = [...page.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm)];
  return found.map((match) => ({
    language: match[1]!,
    info: match[2]!,
    text: match[3]!,
    before: page.slice(0, match.index),
  }));
}

/** Without colours, durations and the breaking of lines. */
const plain = (text: string): string => text.replaceAll(/ \d+ ms/g, "").replaceAll(/\s+/g, " ");

describe("docs/tutorial.md", () => {
  const folder = tempFolder();
  afterAll(() => folder[Symbol.dispose]());

  test("every step does what the page says", () => {
    const tools = join(folder.path, "tools");
    mkdirSync(tools);
    // The registry is not asked in a test: installing links this very package.
    const npm = `#!/bin/sh\nif [ "$1" = init ]; then echo '{ "name": "my-actions" }' > package.json; else mkdir -p node_modules && ln -s "${ROOT}" node_modules/baton-runtime; fi\n`;
    const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
    for (const [name, text] of Object.entries({ npm, npx })) {
      writeFileSync(join(tools, name), text);
      chmodSync(join(tools, name), 0o755);
    }
    let cwd = folder.path;
    let printed = "";
    let changed = "";
    let steps = 0;
    for (const { language, info, text, before } of blocksOf(read("docs/tutorial.md"))) {
      if (language === "sh") {
        const script = `${text}\nstatus=$?; pwd > "${tools}/cwd"; exit $status`;
        const env = { PATH: `${tools}:/usr/bin:/bin`, COLUMNS: "100" };
        const result = spawnSync("sh", ["-c", script], { cwd, env, encoding: "utf8", timeout: 60_000 });
        expect({ text, status: result.status, stderr: result.stderr }).toEqual({
          text,
          status: info === "exit 1" ? 1 : 0,
          stderr: "",
        });
        cwd = readFileSync(join(tools, "cwd"), "utf8").trim();
        printed = plain(result.stdout);
        steps += 1;
      } else if (language === "text") {
        for (const line of text.trimEnd().split("\n")) expect(printed).toContain(plain(line.trim()));
      } else if (language === "diff") {
        const [, from, to] = /^-(.*)\n\+(.*)\n$/.exec(text)!;
        const old = readFileSync(changed, "utf8");
        expect(old).toContain(from!);
        writeFileSync(changed, old.replace(from!, to!));
      } else if (language === "console") {
        expect(text).toBe("npx baton dev\n");
      } else {
        changed = join(cwd, /Save this as `([^`]+)`:\n\n$/.exec(before)![1]!);
        writeFileSync(changed, text);
      }
    }
    expect(steps).toBeGreaterThanOrEqual(6);
  });
});

describe("docs/recipes.md and docs/scenarios.md", () => {
  const folder = tempFolder();
  let runner: ScenarioRunner;
  beforeAll(() => {
    runner = new ScenarioRunner();
  });
  afterAll(async () => {
    await runner.close();
    folder[Symbol.dispose]();
  });

  test("every recipe is free of findings, and its scenarios go as expected", async () => {
    const shown = blocksOf(read("docs/recipes.md")).filter(({ language }) => language === "ts" || language === "yaml");
    const files = shown.map(({ text }) => {
      const name = /^(?:\/\/|#) (\S+)\n/.exec(text)![1]!;
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    });
    const actions = files.filter((file) => file.endsWith(".ts"));
    expect(actions).toHaveLength(3);
    expect((await check(runner, actions, { folder: folder.path, types: true })).findings).toEqual([]);
    for (const action of actions) {
      const context = {
        conversation: { id: "c", latestChannel: "phone", call: { id: "1" } },
        args: { desk: "+15551234567" },
      };
      const { outcome } = await runner.run({ action, context });
      expect(outcome.status).toBe("returned");
      expect(outcome.handoff).not.toBeNull();
    }
    for (const action of actions) {
      const scenarios = await loadScenarios(action.replace(/\.ts$/, ".scenario.yaml"));
      expect(scenarios.length).toBeGreaterThanOrEqual(2);
      for (const scenario of scenarios) {
        const { failures } = await judge(runner, scenario, new Map(), { update: false, ci: true });
        expect({ name: scenario.name, failures }).toEqual({ name: scenario.name, failures: [] });
      }
    }
  });

  test("the matrices that README and the recipes show are what the command beside them prints", async () => {
    writeFileSync(join(folder.path, "business-hours.ts"), read("fixtures/actions/business-hours.ts"));
    using recipes = tempFolder();
    for (const { text } of blocksOf(read("docs/recipes.md")).filter(({ language }) => language === "ts"))
      writeFileSync(join(recipes.path, /^\/\/ (\S+)\n/.exec(text)![1]!), text);
    const places = [
      ["README.md", folder.path],
      ["docs/recipes.md", recipes.path],
    ] as const;
    for (const [page, cwd] of places) {
      const shown = blocksOf(read(page));
      const at = shown.findIndex(({ text }) => /^npx baton matrix .*\n$/.test(text));
      const args = shown[at]!.text.trim().split(" ").slice(2);
      const { stdout, stderr } = await baton({ args, cwd, env: { COLUMNS: "100" } });
      expect({ page, stderr }).toEqual({ page, stderr: "" });
      expect(stdout).toContain(shown[at + 1]!.text.trimEnd());
      // Both sides: the call that is transferred, and the one that comes when the desk is closed.
      expect(shown[at + 1]!.text).toMatch(/phone, open +transfer[^]*phone, closed +hand-off/);
    }
  });

  test("the example scenarios are read as they stand there", async () => {
    writeFileSync(join(folder.path, "business-hours.ts"), read("fixtures/actions/business-hours.ts"));
    mkdirSync(join(folder.path, "actions"));
    mkdirSync(join(folder.path, "contexts"));
    writeFileSync(join(folder.path, "contexts/phone.json"), read("fixtures/contexts/phone.json"));
    writeFileSync(join(folder.path, "actions/business-hours.ts"), read("fixtures/actions/business-hours.ts"));
    const named = blocksOf(read("docs/scenarios.md")).filter(({ text }) =>
      /^(?:\/\/|#) actions\/\S+\.scenario\.\w+\n/.test(text),
    );
    expect(named).toHaveLength(2);
    for (const { text } of named) {
      const file = join(folder.path, /^(?:\/\/|#) (\S+)\n/.exec(text)![1]!);
      writeFileSync(file, text);
      for (const scenario of await loadScenarios(file)) {
        expect(await judge(runner, scenario, new Map(), { update: false, ci: true })).toMatchObject({ ok: true });
      }
    }
  });
});

describe("tables", () => {
  test("docs/commands.md lists the flags of every command but baton run, which docs/cli.md has", async () => {
    const sections = read("docs/commands.md")
      .split(/^## baton /m)
      .slice(1);
    const listed = sections.map((section) => [
      section.split("\n")[0],
      [...section.matchAll(/^\| `--([a-z-]+)(?: ([A-Za-z.-]+))?` +\|/gm)].map(([, name, value]) => [name, value]),
    ]);
    const known = await Promise.all(
      COMMANDS.filter(({ name }) => name !== "run").map(async (row) => {
        const { usage } = await row.load();
        return [row.name, usage.flags.map(({ name, value }) => [name, value])];
      }),
    );
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(known));
  });
});
