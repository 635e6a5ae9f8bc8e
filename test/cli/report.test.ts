/** What a person at a terminal sees: the outcome in words, nothing discarded, nothing that an action could steer the terminal with. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { AS_TERMINAL, batonAll, context, outcomeOf, start, tempFolder } from "./baton.ts";
import type { Job, Result } from "./baton.ts";

const DISCARDED = "the-value-that-nobody-may-see";
const folder = tempFolder({
  "transfer.ts": `export function execute_action(context) {
    console.log("about to transfer");
    hand_off_conversation(context, "wants a human", "+15551234567");
    console.warn("still running");
    return { secret: "${DISCARDED}" };
  }`,
  "handoff.ts": `export function execute_action(context) {
    hand_off_conversation(context, "a reason that is long enough to be broken into several lines on a narrow terminal");
    return { message: "An agent will follow up with you within about twenty-four hours, as soon as possible.", list: [1, 2, 3] };
  }`,
  "rejected.ts": `export function execute_action(context) {
    hand_off_conversation(context, "r", "555-1234");
    return "done";
  }`,
  "hostile.ts": `export function execute_action(context) {
    const evil = "\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\rover\\u202Ewritten";
    console.log(evil);
    hand_off_conversation(context, evil);
    return { evil, [evil]: 1 };
  }`,
  "hostile-throw.ts": `export function execute_action() {
    const error = new Error("\\u001b[2Jgone \\u009b31m");
    error.name = "\\u001b[31mRed";
    throw error; // \u001b]0;in the frame\u0007
  }`,
  "throws.ts": `interface Order { id: string }
export function execute_action(context: { args: Order }) {
  return load(context.args);
}
function load(order: Order): never {
  throw new RangeError("no such order, and this message is long enough to need a second line " + order.id);
}`,
  "errors-inside.ts": `export async function execute_action() {
  const fails = async (at: number) => { throw new RangeError("no " + at, { cause: new Error("why " + at) }); };
  await Promise.any([fails(1), fails(2)]);
}`,
  "loop-after.ts": `export function execute_action(context) {
    hand_off_conversation(context, "before the loop");
    for (;;) ;
  }`,
  "memory.ts": `export function execute_action(context) {
    hand_off_conversation(context, "before the memory");
    const kept = [];
    for (;;) kept.push(new Array(100_000).fill(kept.length));
  }`,
  "never.ts": "export const execute_action = () => new Promise(() => {});",
  "long.ts": "export const execute_action = () => 'x'.repeat(200_000);",
  // What runs out of memory gets there before its time is over, on a busy machine too.
  "baton.config.json": '{"limits":{"cpuMs":20000},"secrets":{"TOKEN":{"hosts":["api.example.com"]}}}',
});
afterAll(() => folder[Symbol.dispose]());

const run = (action: string, channel: string, ...flags: string[]): Job => ({
  args: ["run", join(folder.path, action), "--context", "-", ...flags],
  stdin: context(channel, { id: "A-1" }),
});
const narrow = (job: Job): Job => ({ ...job, env: { COLUMNS: "40" } });
const onTerminal = (job: Job, env: Record<string, string> = {}): Job => ({
  ...job,
  node: ["--import", AS_TERMINAL],
  env: { TERM: "xterm-256color", ...env },
});

const JOBS = {
  transfer: run("transfer.ts", "phone"),
  "transfer as JSON": run("transfer.ts", "phone", "--json"),
  "transfer by chat": run("transfer.ts", "chat"),
  handoff: narrow(run("handoff.ts", "chat")),
  rejected: run("rejected.ts", "phone"),
  hostile: run("hostile.ts", "chat"),
  "hostile as JSON": run("hostile.ts", "chat", "--json"),
  "hostile throw": run("hostile-throw.ts", "chat"),
  throws: narrow(run("throws.ts", "chat")),
  "errors inside": run("errors-inside.ts", "chat"),
  // Long enough for a busy machine to come to the hand-off, which is before the loop.
  "loop after": run("loop-after.ts", "chat", "--timeout", "1500"),
  "loop after as JSON": run("loop-after.ts", "chat", "--timeout", "1500", "--json"),
  memory: run("memory.ts", "chat", "--memory", "16", "--timeout", "60000", "--json"),
  "never settles": run("never.ts", "chat", "--timeout", "200"),
  "already handed off": run("handoff.ts", "chat", "--already-handed-off"),
  "on a terminal": onTerminal(run("rejected.ts", "phone")),
  "with NO_COLOR": onTerminal(run("rejected.ts", "phone"), { NO_COLOR: "1" }),
  "a dumb terminal": onTerminal(run("rejected.ts", "phone"), { TERM: "dumb" }),
  "with FORCE_COLOR": { ...run("rejected.ts", "phone"), env: { FORCE_COLOR: "1" } },
  "help on a terminal": onTerminal({ args: ["run", "--help"] }),
} satisfies Record<string, Job>;

let results: Record<keyof typeof JOBS, Result>;
beforeAll(async () => {
  results = await batonAll(JOBS);
});

const ESCAPE = "\u001b";
// oxlint-disable-next-line eslint/no-control-regex
const plain = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, "");
const widest = (text: string): number =>
  Math.max(
    ...plain(text)
      .split("\n")
      .map((line) => line.length),
  );

describe("a phone transfer that fired", () => {
  test("is told, with the number, and that the value was discarded and why", () => {
    const { status, stdout, stderr } = results.transfer;
    expect(status).toBe(0);
    expect(stdout).toContain("phone transfer fired: the live call goes to +15551234567");
    expect(stdout).toContain("discarded: the phone transfer fired, so the bot never sees it");
    expect(stdout).toContain("says nothing, now or later");
    expect(stdout).toMatch(/info {2}about to transfer/);
    // No secret is used, so none is missed.
    expect(stderr).toBe("");
  });

  test("leaves its return value nowhere in standard output or standard error", () => {
    for (const name of ["transfer", "transfer as JSON"] as const) {
      expect(results[name].stdout + results[name].stderr).not.toContain(DISCARDED);
    }
    expect(outcomeOf(results["transfer as JSON"]).returnValueDiscarded).toBe(true);
    // The same action elsewhere keeps it, so the test above can fail.
    expect(results["transfer by chat"].stdout).toContain(DISCARDED);
  });
});

describe("what an action did before it failed", () => {
  test("is shown: the hand-off stands after a loop, and the bot says no more", () => {
    const { status, stdout } = results["loop after"];
    expect(status).toBe(1);
    expect(stdout).toMatch(/^timed out after /);
    expect(stdout).toContain("recorded: a human takes over");
    expect(stdout).toContain("answers this once; later messages get no reply");
    expect(stdout).toMatch(/> 3 \| {5}for \(;;\) ;/);
    expect(outcomeOf(results["loop after as JSON"])).toMatchObject({
      status: "timed_out",
      handoff: { reason: "before the loop" },
    });
  });

  test("and after it ran out of memory", () => {
    expect(results.memory.status).toBe(1);
    expect(outcomeOf(results.memory)).toMatchObject({
      status: "out_of_memory",
      handoff: { reason: "before the memory" },
    });
  });

  test("a promise that never settles is told as such", () => {
    expect(results["never settles"].status).toBe(1);
    expect(results["never settles"].stdout).toContain("waiting for a promise");
  });

  test("an error comes with the author's lines, and none of ours", () => {
    const { status, stdout } = results.throws;
    expect(status).toBe(1);
    expect(stdout).toContain("RangeError: no such order");
    expect(stdout).toContain("at load (throws.ts:6:9)");
    expect(stdout).toContain("at execute_action (throws.ts:3:10)");
    expect(stdout).toMatch(/> 6 \| {3}throw new RangeError/);
    expect(stdout).not.toMatch(/node_modules|dist\/|baton:action/);
  });

  test("an error that brings others along says which is which", () => {
    const told = results["errors inside"].stdout
      .split("\n")
      .filter((line) => /: (?:RangeError|Error): |^ +at fails/.test(line));
    expect(told.map((line) => line.trim().replace(/ \(.*/, ""))).toEqual([
      ...["Error 1 of 2: RangeError: no 1", "at fails", "Caused by: Error: why 1", "at fails"],
      ...["Error 2 of 2: RangeError: no 2", "at fails", "Caused by: Error: why 2", "at fails"],
    ]);
  });
});

test("a conversation that a human has already: the bot is silent and nothing changes", () => {
  const { stdout } = results["already handed off"];
  expect(stdout).toContain("none by this run");
  expect(stdout).toContain("already handed off");
  expect(stdout).toContain("says nothing, now or later");
});

describe("a terminal that is 40 columns wide", () => {
  test.each(["handoff", "throws", "on a terminal", "help on a terminal"] as const)("%s: no line is wider", (name) => {
    expect(widest(results[name].stdout)).toBeLessThanOrEqual(40);
  });
});

describe("colour", () => {
  test("only on a terminal, and the warning of a rejected hand-off is red", () => {
    expect(results["on a terminal"].stdout).toMatch(/\u001b\[31m[^\n]*HANDOFF_REJECTED/); // oxlint-disable-line eslint/no-control-regex
    expect(results.rejected.stdout).toContain("HANDOFF_REJECTED");
    expect(results.rejected.stdout).not.toContain(ESCAPE);
  });

  test("NO_COLOR and a dumb terminal turn it off, FORCE_COLOR on", () => {
    expect(results["with NO_COLOR"].stdout).not.toContain(ESCAPE);
    expect(results["a dumb terminal"].stdout).not.toContain(ESCAPE);
    expect(results["with FORCE_COLOR"].stdout).toContain(`${ESCAPE}[31m`);
  });
});

describe("what an action writes", () => {
  test.each(["hostile", "hostile as JSON", "hostile throw"] as const)("%s: is shown, not obeyed", (name) => {
    // oxlint-disable-next-line eslint/no-control-regex
    expect(results[name].stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  test("its characters can be read", () => {
    expect(results.hostile.stdout).toContain("\\x1b[2J");
    expect(outcomeOf(results["hostile as JSON"]).handoff?.reason).toContain("\u001b[2J");
  });
});

describe("the world around the process", () => {
  test("an interrupt cancels the run, which settles", async () => {
    const child = start({ args: ["run", join(folder.path, "never.ts"), "--timeout", "60000", "--json"] });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stdin.end();
    // The note about the sample context comes right before the run.
    child.stderr.once("data", () => child.kill("SIGINT"));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect(outcomeOf({ stdout, stderr: "", status: 1 }).status).toBe("cancelled");
    expect(status).toBe(1);
  });

  test("a reader of the pipe that goes away is no error", async () => {
    const child = start(run("long.ts", "chat"));
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.destroy();
    child.stdin.end(context("chat", {}));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
