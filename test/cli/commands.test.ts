/** The author's commands as processes of their own: from an empty folder to tested actions, and one sentence for whatever is wrong. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../../author/check/finding.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { ROOT, baton, batonAll, start, tempFolder } from "./baton.ts";
import type { Job, Result } from "./baton.ts";
import { until, workerPids } from "../processes.ts";

const onLinux = process.platform === "linux" ? test : test.skip;

const json = ({ stdout }: Result): Record<string, unknown> => {
  const lines = stdout.split("\n");
  expect(lines).toHaveLength(2);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
};

describe("a project made by baton init", () => {
  const folder = tempFolder();
  const cwd = join(folder.path, "my actions");
  let made: Result;
  let results: Record<"test" | "again" | "check" | "matrix" | "narrow" | "ofAction" | "init", Result>;
  beforeAll(async () => {
    made = await baton({ args: ["init", "my actions", "--json"], cwd: folder.path });
    const first = await baton({ args: ["test"], cwd });
    results = {
      test: first,
      ...(await batonAll({
        again: { args: ["test", "--ci", "--json", "--junit", "results.xml"], cwd },
        check: { args: ["check", "--json"], cwd },
        matrix: { args: ["matrix", "actions/order-status.ts", "--context", "contexts/phone.json"], cwd },
        narrow: { args: ["matrix", "actions/order-status.ts"], cwd, env: { COLUMNS: "60" } },
        ofAction: { args: ["test", "actions/order-status.ts", "--json"], cwd },
        init: { args: ["init", "--json"], cwd },
      })),
    };
  });
  afterAll(() => folder[Symbol.dispose]());

  test("holds an action, contexts, scenarios, and a package that needs nothing else", () => {
    const { written, kept } = json(made);
    expect(made.status).toBe(0);
    expect(kept).toEqual([]);
    expect(written).toEqual([
      ".gitignore",
      ".vscode/launch.json",
      ".vscode/settings.json",
      "actions/order-status.scenario.json",
      "actions/order-status.ts",
      "baton-env.d.ts",
      "baton.config.json",
      "contexts/chat.json",
      "contexts/phone.json",
      "package.json",
      "schemas/config.schema.json",
      "schemas/context.schema.json",
      "schemas/scenario.schema.json",
      "tsconfig.json",
    ]);
    const manifest = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: "my-actions", private: true, scripts: { test: "baton test" } });
    expect(manifest["devDependencies"]).toHaveProperty("baton-runtime");
  });

  test("passes its tests at once, and in a build server as well", () => {
    expect(results.test.stdout).toContain("4 passed");
    expect(results.test.status).toBe(0);
    expect(json(results.again)).toMatchObject({ passed: 4, failed: 0, problems: 0 });
    expect(results.again.status).toBe(0);
    expect(readFileSync(join(cwd, "results.xml"), "utf8")).toContain(
      '<testsuites name="baton" tests="4" failures="0" errors="0">',
    );
  });

  test("has nothing for baton check to find, types included", () => {
    expect(json(results.check)).toMatchObject({ ok: true, findings: [], typesNote: null });
    expect(results.check.status).toBe(0);
  });

  test("shows a matrix", () => {
    expect(results.matrix.stdout).toMatch(/phone, open +answers/);
    expect(results.matrix.status).toBe(0);
  });

  test("shows it as two tables where the terminal is too narrow for one", () => {
    const tables = results.narrow.stdout.split("\n\n").slice(1, 3);
    expect(tables.map((table) => table.split("\n")[0])).toEqual(["bot has it", "already handed off"]);
    for (const table of tables) expect(table).toMatch(/^phone, open( +(?:answers|silent)){3}$/m);
    expect(Math.max(...results.narrow.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test("passes the tests of its one action where that is named", () => {
    expect(json(results.ofAction)).toMatchObject({ passed: 4, failed: 0, problems: 0 });
  });

  test("is left as it is by a second baton init", () => {
    expect(json(results.init)).toMatchObject({ written: [] });
    expect(results.init.status).toBe(0);
  });
});

describe("baton init", () => {
  test("keeps every file that is there and writes the others", async () => {
    using folder = tempFolder({ "package.json": `{ "name": "mine" }`, "notes.txt": "mine" });
    mkdirSync(join(folder.path, "actions"));
    writeFileSync(join(folder.path, "actions", "order-status.ts"), "// mine\n");
    const made = await baton({ args: ["init"], cwd: folder.path });
    expect(made.status).toBe(0);
    expect(made.stdout).toContain("npm install --save-dev baton-runtime typescript\n");
    const read = (path: string) => readFileSync(join(folder.path, path), "utf8");
    expect(read("package.json")).toBe(`{ "name": "mine" }`);
    expect(read("actions/order-status.ts")).toBe("// mine\n");
    expect(read("notes.txt")).toBe("mine");
    expect(existsSync(join(folder.path, "contexts/chat.json"))).toBe(true);
  });

  test("does not ask for what is installed already", async () => {
    using folder = tempFolder({ "package.json": `{ "name": "mine" }` });
    mkdirSync(join(folder.path, "node_modules"));
    symlinkSync(ROOT, join(folder.path, "node_modules/baton-runtime"), "dir");
    const { stdout } = await baton({ args: ["init"], cwd: folder.path });
    expect(stdout).toContain("Next\n  npm install --save-dev typescript\n  npx baton test\n");
  });

  onLinux("says so where no folder can be made, and does not try for ever", async () => {
    const { status, stdout, stderr } = await baton({ args: ["init", "/proc/nowhere"] });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^baton: \/proc\/nowhere\/\S+ cannot be written: the system says \w+\.\n$/);
  });

  test("writes nothing where a file is in the way of a folder", async () => {
    using folder = tempFolder({ actions: "a file" });
    const made = await baton({ args: ["init"], cwd: folder.path });
    expect(made).toMatchObject({ status: 2, stdout: "" });
    expect(made.stderr).toBe("baton: actions is in the way: it is a file, and a folder is needed there.\n");
    expect(readdirSync(folder.path)).toEqual(["actions"]);
  });
});

describe("an interrupt", () => {
  onLinux(
    "of baton test says so of each scenario that was on its way, and keeps the snapshots that there are",
    async () => {
      const kept = JSON.stringify({ slow: { status: "returned", returnValue: 1 } });
      using folder = tempFolder({
        "a.ts":
          "export async function execute_action() { console.log('on its way'); await new Promise((go) => setTimeout(go, 9_000)); return 1; }",
        "a.scenario.json": `[{ "name": "slow", "snapshot": true }, { "name": "expects", "expect": { "returnValue": 1 } }]`,
        "a.scenario.snapshot.json": kept,
      });
      const child = start({ args: ["test"], cwd: folder.path });
      const said = { out: "", err: "" };
      child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
      const status = new Promise<number | null>((resolve) => {
        child.once("close", resolve);
      });
      // An interrupt that comes before the runs begin ends them as well.
      await until(() => workerPids(child.pid).length > 0);
      child.kill("SIGINT");
      expect({ status: await status, err: said.err }).toEqual({ status: 1, err: "" });
      expect(said.out.match(/status: it was interrupted/g)).toHaveLength(2);
      expect(said.out).not.toContain("+ came");
      expect(readFileSync(join(folder.path, "a.scenario.snapshot.json"), "utf8")).toBe(kept);
    },
  );
});

describe("a snapshot that is not there yet", () => {
  test("is kept of a run that returned, of one that threw only where somebody says that it is right", async () => {
    using folder = tempFolder({
      "a.ts": "export const execute_action = () => { throw new Error('no luck'); };",
      "a.scenario.json": `{ "snapshot": true }`,
    });
    const kept = join(folder.path, "a.scenario.snapshot.json");
    const first = await baton({ args: ["test"], cwd: folder.path });
    expect(first.status).toBe(1);
    expect(first.stdout).toContain("status: is not what was expected");
    expect(existsSync(kept)).toBe(false);
    expect(await baton({ args: ["test", "--update"], cwd: folder.path })).toMatchObject({ status: 0 });
    expect(readFileSync(kept, "utf8")).toContain("no luck");
    expect(await baton({ args: ["test", "--ci"], cwd: folder.path })).toMatchObject({ status: 0 });
  });
});

describe("bad input", () => {
  const folder = tempFolder({
    "action.ts": "export const execute_action = () => 1;",
    "notes.txt": "",
    "broken.ts": "export function execute_action( {",
    "wrong.scenario.json": `{ "action": "nowhere.ts" }`,
    "half.scenario.yaml": "expect: [",
    "loops.scenario.ts": "for (;;) {}",
    "throws.scenario.ts": "throw new TypeError('no such thing');",
    "twice.scenario.json": `[{ "action": "action.ts", "name": "a" }, { "action": "action.ts", "name": "a" }]`,
  });
  const jobs: Record<string, readonly [args: string[], sentence: RegExp]> = {
    command: [["tset"], /^baton: There is no command tset: did you mean test\?\n$/],
    flag: [["test", "--updat"], /did you mean --update\?/],
    value: [["test", "--filter"], /--filter needs a value/],
    "report over an action": [["test", "--junit", "action.ts"], /action\.ts is there already and is no report/],
    "report over a folder": [["test", "--junit", "."], /is there already and is no report/],
    "report nowhere": [["test", "--junit", "no/such/r.xml"], /r\.xml cannot be written: there is no folder no\/such\./],
    "no scenario": [["test", "notes.txt"], /notes\.txt is neither an action nor a scenario/],
    "no scenario of an action": [
      ["test", "broken.ts"],
      /broken\.ts has no scenario beside it: put a broken\.scenario\.json there/,
    ],
    "outbox verb": [["outbox", "lsit", "--store", "memory:"], /There is no outbox lsit: did you mean list\?/],
    "outbox flag": [["outbox", "list", "--stor", "memory:"], /There is no flag --stor: did you mean --store\?/],
    nowhere: [["test", "nowhere"], /There is no file or folder nowhere/],
    "dev nowhere": [["dev", "nowhere"], /There is no file or folder nowhere/],
    "dev twice": [["dev", "a", "b"], /takes one folder/],
    "check nowhere": [["check", "nowhere"], /There is no file or folder nowhere/],
    "check what": [["check", "half.scenario.yaml"], /is no TypeScript, JavaScript or Python file/],
    explain: [["check", "--explain", "PHONE"], /There is no code PHONE/],
    "matrix of nothing": [["matrix"], /Name the action/],
    "matrix nowhere": [["matrix", "nowhere.ts"], /nowhere\.ts cannot be read/],
    "matrix what": [
      ["matrix", "half.scenario.yaml"],
      /half\.scenario\.yaml is no TypeScript, JavaScript or Python file/,
    ],
    "dev what": [["dev", "notes.txt"], /notes\.txt is no TypeScript, JavaScript or Python file/],
    "run what": [
      ["run", "half.scenario.yaml"],
      /^baton: half\.scenario\.yaml is no TypeScript, JavaScript or Python file/,
    ],
    "run below a file": [
      ["run", "action.ts/x.ts"],
      /^baton: The action action\.ts\/x\.ts cannot be read: there is no such file\.\n$/,
    ],
    "schema what": [["schema", "notes.txt"], /notes\.txt is no TypeScript, JavaScript or Python file/],
    "schema of a folder": [["schema", "."], /cannot be read: it is a directory, so name an action in it/],
    "replay with what": [["replay", "x.recording.json", "--with", "notes.txt"], /notes\.txt is no TypeScript/],
    "replay with a folder": [
      ["replay", "x.recording.json", "--with", "."],
      /it is a directory, so name an action in it/,
    ],
    "matrix environment": [["matrix", "action.ts", "--environments", "prodction"], /did you mean production\?/],
    "matrix time": [["matrix", "action.ts", "--open", "noon"], /--open needs an ISO time with its zone/],
    "matrix of what does not compile": [["matrix", "broken.ts"], /broken\.ts:1/],
    shell: [["completion", "bsh"], /did you mean bash\?/],
    "no shell": [["completion"], /Name one shell/],
  };
  let results: Record<string, Result>;
  let files: Result;
  beforeAll(async () => {
    const asked = Object.entries(jobs).map(([name, [args]]): [string, Job] => [name, { args, cwd: folder.path }]);
    results = await batonAll(Object.fromEntries(asked));
    files = await baton({ args: ["test", "--json"], cwd: folder.path });
  });
  afterAll(() => folder[Symbol.dispose]());

  test.each(Object.entries(jobs))(
    "%s: one sentence, exit status 2, nothing on standard output",
    (name, [, sentence]) => {
      const { status, stdout, stderr } = results[name]!;
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    },
  );

  test("scenario files that cannot be read are told one by one, and the process goes on", () => {
    const { unreadable, problems } = json(files) as {
      unreadable: { file: string; message: string }[];
      problems: number;
    };
    expect(files.status).toBe(2);
    expect(problems).toBe(5);
    const message = (file: string) => unreadable.find((each) => each.file === file)!.message;
    expect(message("wrong.scenario.json")).toContain("there is no file nowhere.ts");
    expect(message("half.scenario.yaml")).toMatch(/not YAML: .* at line 1/);
    expect(message("loops.scenario.ts")).toContain("did not load within 5000 ms");
    expect(message("throws.scenario.ts")).toContain("TypeError: no such thing");
    expect(message("twice.scenario.json")).toContain("two scenarios are called a");
  });

  test("with --json is one object with the code", async () => {
    const asked = await baton({ args: ["matrix", "nowhere.ts", "--json"], cwd: folder.path });
    expect(json(asked)).toEqual({ error: { code: "FILE_UNREADABLE", message: expect.stringContaining("nowhere.ts") } });
    expect(asked).toMatchObject({ status: 2, stderr: "" });
  });
});

describe("baton doctor", () => {
  test("finds this machine fit, having tried it", async () => {
    const result = await baton({ args: ["doctor", "--json"] });
    const { ok, checks } = json(result) as {
      ok: boolean;
      checks: { name: string; verdict: string; message: string }[];
    };
    expect(ok).toBe(true);
    expect(result.status).toBe(0);
    const fit = checks.filter(({ verdict }) => verdict === "fine").map(({ name }) => name);
    expect(fit).toEqual(expect.arrayContaining(["esbuild", "isolated-vm", "time zones", "typescript"]));
    // A warning once a later security release of it is known, whatever the day.
    const node = checks.find(({ name }) => name === "node")!;
    expect(["fine", "warning"]).toContain(node.verdict);
    expect(node.message).toContain(`Node ${process.versions.node}`);
  });

  test("says what a broken configuration breaks", async () => {
    using folder = tempFolder({ "baton.config.json": "{" });
    const result = await baton({ args: ["doctor"], cwd: folder.path });
    expect(result.status).toBe(1);
    expect(result.stdout).toMatch(/✗ configuration: baton\.config\.json is not JSON/);
  });
});

describe("help and completion", () => {
  test("every command has help with an example", async () => {
    const shown = await batonAll(Object.fromEntries(COMMANDS.map(({ name }) => [name, { args: [name, "--help"] }])));
    for (const { name } of COMMANDS) {
      expect(shown[name]).toMatchObject({ status: 0, stderr: "" });
      expect(shown[name]!.stdout).toMatch(new RegExp(`Examples\\n  .*baton ${name}`));
    }
  });

  test("with --json help, version and completion are one line of data each", async () => {
    const told = await batonAll({
      overview: { args: ["--json"] },
      help: { args: ["help", "--json"] },
      usage: { args: ["run", "--help", "--json"] },
      helpOf: { args: ["help", "run", "--json"] },
      version: { args: ["--version", "--json"] },
      completion: { args: ["completion", "fish", "--json"] },
      before: { args: ["--json", "doctor", "--help"] },
      unknown: { args: ["rnu", "--json"] },
    });
    const data = Object.fromEntries(
      Object.entries(told).map(([name, { status, stdout, stderr }]) => {
        expect({ name, stderr, lines: stdout.split("\n").length }).toEqual({ name, stderr: "", lines: 2 });
        expect({ name, status }).toEqual({ name, status: name === "unknown" ? 2 : 0 });
        return [name, JSON.parse(stdout) as Record<string, unknown>];
      }),
    );
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    const commands = COMMANDS.map(({ name, summary }) => ({ name, summary }));
    expect(data["overview"]).toEqual({ version, commands });
    expect(data["help"]).toEqual(data["overview"]);
    expect(data["version"]).toEqual({ version });
    expect(data["usage"]).toMatchObject({ command: "run", synopsis: expect.stringMatching(/^baton run ACTION /) });
    expect(data["usage"]!["flags"]).toContainEqual({
      name: "--context",
      value: "FILE",
      description: expect.any(String),
    });
    expect(data["helpOf"]).toEqual(data["usage"]);
    expect(data["before"]).toMatchObject({ command: "doctor" });
    expect(data["completion"]).toMatchObject({ shell: "fish", script: expect.stringContaining("complete -c baton") });
    expect(data["unknown"]).toMatchObject({ error: { code: "BAD_FLAG", message: expect.stringContaining("run") } });
  });

  test("every command has --json and --help, and the help of both", async () => {
    for (const row of COMMANDS) {
      const { usage } = await row.load();
      const flags = usage.flags.map(({ name }) => name);
      expect({ name: row.name, flags }).toEqual({ name: row.name, flags: expect.arrayContaining(["json", "help"]) });
    }
  });

  test("every code that baton check can find has a page, which it shows", async () => {
    const pages = new Set([...Object.values(RULES), "does-not-compile"]);
    expect(readdirSync(join(ROOT, "docs/rules")).sort()).toEqual([...pages].map((page) => `${page}.md`).sort());
    for (const [code, page] of Object.entries(RULES)) {
      expect(readFileSync(join(ROOT, `docs/rules/${page}.md`), "utf8")).toContain(`\`${code}\``);
    }
    const shown = await baton({ args: ["check", "--explain", "reason_too_long"] });
    expect(shown).toMatchObject({
      status: 0,
      stdout: readFileSync(join(ROOT, "docs/rules/reason-too-long.md"), "utf8"),
    });
  });
});
