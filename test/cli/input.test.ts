/** Bad input of every kind: one clear sentence, exit status 2, no stack trace of ours; with --json one whole Outcome. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { baton, batonAll, context, outcomeOf, tempFolder } from "./baton.ts";
import type { Job, Result } from "./baton.ts";

const folder = tempFolder({
  "good.ts": "export const execute_action = () => 1;",
  "context.json": context("chat", {}),
  "binary.ts": Buffer.concat([Buffer.from([0, 159, 146]), randomBytes(3_000)]),
  "large.ts": `// ${"x".repeat(10_000_000)}`,
  "syntax.ts": "export function execute_action() {\n  return 1 +;\n}\n",
  "nothing.ts": "export const other = 1;",
  "number.ts": "export const execute_action = 3;",
  "import.ts": `import "node:fs";\nexport const execute_action = () => 1;`,
  "broken.json": '{\n  "conversation": null,\n  "args": {},\n}\n',
  "binary.json": Buffer.from([0x7b, 0xff, 0xfe]),
  "good.env": "TOKEN=abc",
  "short.env": "SHOP_TOKEN=abc",
  "baton.config.json": '{ "secrets": { "SHOP_TOKEN": { "hosts": ["shop.example"] } } }',
  "deep/folder/good.ts": "export const execute_action = () => 1;",
});
afterAll(() => folder[Symbol.dispose]());

const run = (...args: string[]): Job => ({ args: ["run", ...args], cwd: folder.path });
const withContext = (action: string, ...flags: string[]): Job => run(action, "--context", "context.json", ...flags);
const withText = (text: string): Job => ({ ...run("good.ts", "--context", "-"), stdin: text });

/** The command, and what its one sentence has to say. */
const CASES = {
  "no action": [run(), /^Name the action to run/],
  "two actions": [withContext("good.ts", "syntax.ts"), /one action: syntax\.ts is one too many/],
  "an action that is not there": [withContext("absent.ts"), /absent\.ts cannot be read: there is no such file/],
  "a directory for an action": [withContext("."), /cannot be read: it is a directory/],
  "a binary file for an action": [withContext("binary.ts"), /binary\.ts is a binary file/],
  "10 MB of source": [withContext("large.ts"), /large\.ts is larger than/],
  "source that does not compile": [withContext("syntax.ts"), /syntax\.ts:2:13: /],
  "an import that is not allowed": [withContext("import.ts"), /node:fs/],
  "no execute_action": [withContext("nothing.ts"), /nothing\.ts does not export execute_action/],
  "execute_action is no function": [withContext("number.ts"), /execute_action, but it is not a function/],
  "a context that is not there": [
    run("good.ts", "--context", "absent.json"),
    /absent\.json cannot be read: there is no/,
  ],
  "a directory for a context": [run("good.ts", "--context", "."), /is a directory, not a file/],
  "a binary file for a context": [run("good.ts", "--context", "binary.json"), /binary\.json is not text in UTF-8/],
  "broken JSON": [
    run("good.ts", "--context", "broken.json"),
    /broken\.json is not JSON: line 4, column 1: expected a key/,
  ],
  "an empty context": [withText(""), /standard input is not JSON: line 1, column 1: expected a value/],
  "a context that is a list": [withText("[]"), /context is not valid: expected object, received array/],
  "a context without args": [withText('{"conversation":null}'), /context is not valid: args: /],
  "a conversation without an id": [withText('{"conversation":{},"args":{}}'), /conversation\.id: /],
  "an unknown sender": [
    withText('{"conversation":{"id":"c","messages":[{"sender":"robot"}]},"args":{}}'),
    /conversation\.messages\.0\.sender: /,
  ],
  "a context over its limit": [withText(context("chat", { text: "x".repeat(1_100_000) })), /contextBytes/],
  "an unknown flag": [
    withContext("good.ts", "--enviroment", "test"),
    /no flag --enviroment: did you mean --environment\?/,
  ],
  "a flag like no other": [withContext("good.ts", "--frobnicate"), /no flag --frobnicate/],
  "a short flag": [withContext("good.ts", "-x"), /no flag -x/],
  "a flag without its value": [run("good.ts", "--context"), /--context needs a value/],
  "a switch with a value": [withContext("good.ts", "--already-handed-off=yes"), /--already-handed-off takes no value/],
  "a flag given twice": [withContext("good.ts", "--seed", "a", "--seed", "b"), /--seed is given twice/],
  "an unknown environment": [withContext("good.ts", "--environment", "prodution"), /did you mean production\?/],
  "a time without a zone": [
    withContext("good.ts", "--now", "2026-03-02T10:00:00"),
    /--now needs an ISO time with its zone/,
  ],
  "a time that does not exist": [withContext("good.ts", "--now", "2026-13-02T10:00:00Z"), /--now needs an ISO time/],
  "a timeout of nothing": [withContext("good.ts", "--timeout", "0"), /--timeout needs a whole number of milliseconds/],
  "a timeout in words": [withContext("good.ts", "--timeout", "1s"), /--timeout needs a whole number of milliseconds/],
  "too little memory": [withContext("good.ts", "--memory", "4"), /--memory needs a whole number of mebibytes from 8/],
  "handed off without a conversation": [
    { ...withText('{"conversation":null,"args":{}}'), args: [...withText("").args, "--already-handed-off"] },
    /--already-handed-off needs a context with a conversation/,
  ],
  "a secret that is too short": [
    withContext("good.ts", "--secrets", "short.env"),
    /short\.env gives SHOP_TOKEN what cannot be a secret: expected at least 4 characters/,
  ],
  "no such file of secrets": [
    withContext("good.ts", "--secrets", "absent.env"),
    /file of secrets absent\.env cannot be read/,
  ],
  // Node looks for this flag among all arguments and ends by itself if there is no such file, unless "--" stops it.
  "no such env file": [
    { ...withContext("good.ts", "--env-file", "absent.env"), node: ["--"] },
    /absent\.env cannot be read/,
  ],
} satisfies Record<string, readonly [Job, RegExp]>;

type Name = keyof typeof CASES;
const NAMES = Object.keys(CASES) as Name[];
let plain: Record<string, Result>;
let json: Record<string, Result>;

beforeAll(async () => {
  plain = await batonAll(Object.fromEntries(NAMES.map((name) => [name, CASES[name][0]])));
  json = await batonAll(
    Object.fromEntries(NAMES.map((name) => [name, { ...CASES[name][0], args: [...CASES[name][0].args, "--json"] }])),
  );
});

const amount = expect.any(Number);
const OUR_STACK = /\n\s+at .*(dist|node_modules|node:internal)/;

describe("bad input", () => {
  test.each(NAMES)("%s: one clear sentence, status 2", (name) => {
    const { status, stdout, stderr } = plain[name]!;
    expect(stdout).toBe("");
    expect(stderr.startsWith("baton: ")).toBe(true);
    const [sentence, ...frame] = stderr.slice("baton: ".length).trimEnd().split("\n");
    expect(sentence).toMatch(CASES[name][1]);
    expect(sentence).toMatch(/[.?]$/);
    // A code frame may follow, and nothing else.
    for (const line of frame) expect(line).toMatch(/^[> ]\s*\d* \|/);
    expect(stderr).not.toMatch(OUR_STACK);
    expect(status).toBe(2);
  });

  test.each(NAMES)("%s, with --json: one Outcome, status 2", (name) => {
    const result = json[name]!;
    const { executionId, error, ...rest } = outcomeOf(result);
    expect(result.status).toBe(2);
    expect(result.stderr).toBe("");
    expect(executionId).not.toBe("");
    expect(error?.message).toMatch(name === "a flag without its value" ? /needs a value/ : CASES[name][1]);
    expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z][A-Z0-9_]+$/), retry: "never" });
    expect(error).not.toHaveProperty("stack");
    expect(rest).toEqual({
      status: "invalid",
      returnValueDiscarded: false,
      handoff: null,
      intents: [],
      bot: { mayReplyNow: true, mayReplyLater: true },
      warnings: [],
      logs: [],
      logsDropped: 0,
      usage: {
        queuedMs: amount,
        wallMs: amount,
        hostMs: amount,
        cpuMs: amount,
        peakMemoryBytes: amount,
        hostCalls: 0,
      },
    });
  });
});

describe("baton.config.json and --env-file", () => {
  const config = async (text: string, ...flags: string[]): Promise<Result> => {
    using here = tempFolder({
      "a.ts": "export const execute_action = () => 1;",
      "c.json": context("chat", {}),
      "some.env": "OTHER=1\n",
      "baton.config.json": text,
    });
    return await baton({ args: ["run", "a.ts", "--context", "c.json", ...flags], cwd: here.path });
  };

  test.each([
    ["{,}", /baton\.config\.json is not JSON: line 1, column 2/],
    ["[]", /baton\.config\.json: expected an object\./],
    ['{"limit":{}}', /there is no key limit: did you mean limits\?/],
    ['{"limits":{"walMs":5}}', /there is no key limits\.walMs: did you mean wallMs\?/],
    ['{"limits":{"wallMs":"5"}}', /baton\.config\.json: limits\.wallMs: expected number, received string\./],
    ['{"limits":{"memoryMiB":1}}', /limits\.memoryMiB: /],
    ['{"egress":{}}', /egress\.hosts: /],
    ['{"packages":{"left-pad":"1.0.0"}}', /packages\.folder: /],
    ['{"secrets":{"TOKEN":{"value":"abc","hosts":[]}}}', /secrets\.TOKEN\.value: a secret's value belongs in the file/],
  ])("%s is refused with the key", async (text, sentence) => {
    const { status, stdout, stderr } = await config(text);
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test("a secret that the file gives no value is named", async () => {
    const { status, stderr } = await config('{"secrets":{"TOKEN":{"hosts":["a.example"]}}}', "--env-file", "some.env");
    expect(stderr).toBe("baton: some.env gives no value for the secret TOKEN.\n");
    expect(status).toBe(2);
  });

  test("limits count from the nearest folder above, and flags win over them", async () => {
    using here = tempFolder({ "baton.config.json": '{"limits":{"wallMs":150,"returnBytes":50}}' });
    const { mkdirSync, writeFileSync } = await import("node:fs");
    const deep = join(here.path, "one", "two");
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, "never.ts"), "export const execute_action = () => new Promise(() => {});");
    writeFileSync(join(deep, "long.ts"), "export const execute_action = () => 'x'.repeat(100);");
    const job = (action: string, ...flags: string[]): Job => ({
      args: ["run", join(deep, action), "--context", "-", "--json", ...flags],
      stdin: context("chat", {}),
    });
    const results = await batonAll({
      config: job("never.ts"),
      flag: job("never.ts", "--timeout", "160"),
      long: job("long.ts"),
    });
    expect(outcomeOf(results.config)).toMatchObject({
      status: "timed_out",
      error: { message: expect.stringContaining("150 ms") },
    });
    expect(outcomeOf(results.flag)).toMatchObject({
      status: "timed_out",
      error: { message: expect.stringContaining("160 ms") },
    });
    expect(outcomeOf(results.long)).toMatchObject({ status: "threw" });
  });
});

describe("commands and help", () => {
  test("no arguments, help and --help show the commands; --version the version", async () => {
    const results = await batonAll({
      nothing: { args: [] },
      help: { args: ["help"] },
      flag: { args: ["--help"] },
      run: { args: ["run", "--help"] },
      helpRun: { args: ["help", "run"] },
      version: { args: ["--version"] },
    });
    expect(results.nothing.stdout).toContain("Commands");
    expect(results.help.stdout).toBe(results.nothing.stdout);
    expect(results.flag.stdout).toBe(results.nothing.stdout);
    expect(results.helpRun.stdout).toBe(results.run.stdout);
    for (const flag of [
      "context",
      "environment",
      "already-handed-off",
      "now",
      "seed",
      "timeout",
      "memory",
      "json",
      "env-file",
    ]) {
      expect(results.run.stdout).toContain(`--${flag}`);
    }
    expect(results.version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const { status, stderr } of Object.values(results)) expect([status, stderr]).toEqual([0, ""]);
  });

  test("a command or flag that does not exist: did you mean, status 2", async () => {
    const results = await batonAll({ command: { args: ["rnu", "a.ts"] }, flag: { args: ["--versoin"] } });
    expect(results.command).toEqual({
      status: 2,
      stdout: "",
      stderr: "baton: There is no command rnu: did you mean run?\n",
    });
    expect(results.flag).toEqual({
      status: 2,
      stdout: "",
      stderr: "baton: There is no flag --versoin: did you mean --version?\n",
    });
  });
});

test("a directory for an action is not taken for its context", async () => {
  const result = await baton({ args: ["run", "deep/folder"], cwd: folder.path });
  expect(result.status).toBe(2);
  expect(result.stderr).toContain("folder cannot be read: it is a directory");
});

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("what a run is to be written to may fail: its outcome is shown all the same", async () => {
  const places = { recording: "/proc/x.recording.json", scenario: "/proc/x.scenario.yaml" };
  for (const [name, place] of Object.entries(places)) {
    const args = ["run", "good.ts", "--context", "context.json", "--record", place];
    const plain = await baton({ args, cwd: folder.path });
    expect([name, plain.status]).toEqual([name, 2]);
    expect(plain.stdout).toMatch(/^returned after /);
    expect(plain.stderr).toMatch(
      /\nbaton: \/proc\/x\S+ cannot be written: .+\.\n$|^baton: \/proc\/x\S+ cannot be written: .+\.\n$/,
    );
    const asJson = await baton({ args: [...args, "--json"], cwd: folder.path });
    expect([asJson.status, (JSON.parse(asJson.stdout) as { status: string }).status]).toEqual([2, "returned"]);
  }
});
