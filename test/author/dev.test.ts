/** `baton dev`: every way of saving is one run, nothing that an action does keeps the next save waiting, and nothing stays behind. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { DevEvent, ProblemEvent, RunEvent } from "../../author/session/events.ts";
import { tempFolder } from "../cli/baton.ts";
import { DevSession, pause } from "./session.ts";

const folder = tempFolder({
  "action.ts": action(0),
  "context.json": JSON.stringify({ conversation: { id: "c1", latestChannel: "chat" }, args: { n: 7 } }),
});
const path = (name: string): string => join(folder.path, name);
let session: DevSession;

function action(value: unknown): string {
  return `export function execute_action(context: ActionContext) {\n  return { value: ${JSON.stringify(value)}, args: context.args };\n}\n`;
}

const isRun = (event: DevEvent): event is RunEvent => event.event === "run";
const isProblem = (event: DevEvent): event is ProblemEvent => event.event === "problem";
const isRunOf =
  (name: string) =>
  (event: DevEvent): event is RunEvent =>
    isRun(event) && event.action === name;
const hasValue =
  (value: unknown) =>
  (event: DevEvent): event is RunEvent =>
    isRun(event) && (event.outcome.returnValue as { value?: unknown } | null | undefined)?.value === value;

beforeAll(async () => {
  session = new DevSession(folder.path);
  await session.next(hasValue(0));
});

afterAll(async () => {
  try {
    expect(await session.end()).toBe(0);
  } finally {
    folder[Symbol.dispose]();
  }
});

describe("the first events", () => {
  test("are ready, then a run of each action with the context beside it", () => {
    expect(session.events[0]).toEqual({ event: "ready" });
    const [, run] = session.events;
    expect(run).toMatchObject({ event: "run", action: "action.ts", scenario: null, ok: true, failures: [] });
    expect(run).toMatchObject({ outcome: { status: "returned", returnValue: { value: 0, args: { n: 7 } } } });
    expect((run as RunEvent).sinceSaveMs).toBeGreaterThan(0);
  });
});

describe("a save", () => {
  const ways: Readonly<Record<string, (text: string) => Promise<void> | void>> = {
    "in place": (text) => writeFileSync(path("action.ts"), text),
    "beside, then renamed": (text) => {
      writeFileSync(path(".action.ts.new"), text);
      renameSync(path(".action.ts.new"), path("action.ts"));
    },
    "with the old file kept for a moment": (text) => {
      renameSync(path("action.ts"), path("action.ts~"));
      writeFileSync(path("action.ts"), text);
      unlinkSync(path("action.ts~"));
    },
    "emptied first, written in two steps": async (text) => {
      const file = openSync(path("action.ts"), "w");
      await pause(20);
      writeSync(file, text.slice(0, 30));
      writeSync(file, text.slice(30));
      closeSync(file);
    },
    "twice with the same text": (text) => {
      writeFileSync(path("action.ts"), text);
      writeFileSync(path("action.ts"), text);
    },
  };

  test.each(Object.keys(ways))("%s is one run and no problem", async (way) => {
    const from = session.events.length;
    await ways[way]!(action(way));
    await session.next(hasValue(way), from);
    // Long enough for a second run of the same save to have shown.
    await pause(150);
    expect(session.events.slice(from).map(({ event }) => event)).toEqual(["run"]);
  });

  test("of the context runs the action again", async () => {
    const from = session.events.length;
    writeFileSync(path("context.json"), JSON.stringify({ args: { n: 8 } }));
    const { outcome } = await session.next(isRunOf("action.ts"), from);
    expect(outcome.returnValue).toMatchObject({ args: { n: 8 } });
  });

  test("of a module that the action imports runs the action again", async () => {
    mkdirSync(path("lib"));
    writeFileSync(path("lib/part.ts"), "export const part = 1;\n");
    writeFileSync(
      path("action.ts"),
      `import { part } from "./lib/part.ts";\nexport const execute_action = () => ({ value: part });\n`,
    );
    await session.next(hasValue(1));
    writeFileSync(path("lib/part.ts"), "export const part = 2;\n");
    await session.next(hasValue(2));
  });

  test("of a new action runs it, and of a deleted one nothing", async () => {
    mkdirSync(path("more/deep"), { recursive: true });
    writeFileSync(path("more/deep/second.js"), "export const execute_action = () => ({ value: 'second' });\n");
    const { action: name } = await session.next(hasValue("second"));
    expect(name).toBe("more/deep/second.js");
    const from = session.events.length;
    rmSync(path("more"), { recursive: true });
    await pause(300);
    expect(session.events.slice(from)).toEqual([]);
  });
});

describe("what goes wrong in an action", () => {
  test("a syntax error is a problem with its frame, told once", async () => {
    const from = session.events.length;
    writeFileSync(path("action.ts"), "export function execute_action( {");
    const problem = await session.next(isProblem, from);
    expect(problem).toMatchObject({ code: "SYNTAX_ERROR", action: "action.ts" });
    expect(problem.frame).toContain("> 1 | export function execute_action( {");
    expect(problem.message).toContain("action.ts:1");
  });

  test("an action that lost its export is told, not forgotten", async () => {
    const from = session.events.length;
    writeFileSync(path("action.ts"), "function nothing() {}\n");
    expect(await session.next(isProblem, from)).toMatchObject({ code: "ENTRY_MISSING", action: "action.ts" });
  });

  test("a thrown error is a run with the author's line", async () => {
    const from = session.events.length;
    writeFileSync(path("action.ts"), "export function execute_action() {\n  throw new Error('no luck');\n}\n");
    const { outcome } = await session.next(isRun, from);
    expect(outcome).toMatchObject({ status: "threw", error: { code: "ACTION_THREW", message: "no luck" } });
    expect(outcome.error!.frame).toContain("> 2 |   throw new Error('no luck');");
  });

  test("an endless loop does not keep the next save waiting", async () => {
    writeFileSync(path("action.ts"), "export const execute_action = () => { for (;;) {} };\n");
    await pause(400);
    writeFileSync(path("action.ts"), action("after the loop"));
    await session.next(hasValue("after the loop"));
  });

  test("an endless loop that nobody ends is a run that timed out", async () => {
    writeFileSync(path("baton.config.json"), JSON.stringify({ limits: { wallMs: 800, cpuMs: 400 } }));
    await pause(200);
    const from = session.events.length;
    writeFileSync(path("action.ts"), "export const execute_action = () => { for (;;) {} };\n");
    const { outcome } = await session.next(
      (event): event is RunEvent => isRun(event) && event.outcome.status !== "returned",
      from,
    );
    expect(outcome.status).toBe("timed_out");
    rmSync(path("baton.config.json"));
    await pause(200);
  });

  test("memory without end is a run that ends, and the next save runs", async () => {
    const from = session.events.length;
    writeFileSync(
      path("action.ts"),
      "export const execute_action = () => { const all = []; for (;;) all.push(new Array(1e5).fill(1)); };\n",
    );
    const { outcome } = await session.next(isRun, from);
    expect(["out_of_memory", "crashed"]).toContain(outcome.status);
    writeFileSync(path("action.ts"), action("after the crash"));
    await session.next(hasValue("after the crash"));
  });

  test("a type error follows the run as a problem", async () => {
    const from = session.events.length;
    writeFileSync(path("action.ts"), `${action("typed")}export const wrong: number = "text";\n`);
    await session.next(hasValue("typed"), from);
    const problem = await session.next(isProblem, from);
    expect(problem).toMatchObject({
      code: "TYPE_ERROR",
      action: "action.ts",
      message: expect.stringContaining("TS2322"),
    });
    expect(problem.frame).toContain("wrong");
  });

  test("beside an action in Python a type error is a problem all the same", async () => {
    writeFileSync(path("beside.py"), "def execute_action(context):\n    return None\n");
    await session.next(isRunOf("beside.py"));
    const from = session.events.length;
    writeFileSync(path("action.ts"), `${action("beside")}export const wrong: string = 1;\n`);
    expect(await session.next(isProblem, from)).toMatchObject({ code: "TYPE_ERROR", action: "action.ts" });
    expect(session.errors).not.toContain("could not check the types");
    unlinkSync(path("beside.py"));
  });

  test("a configuration that cannot be read is a problem, and its correction recovers", async () => {
    const from = session.events.length;
    writeFileSync(path("baton.config.json"), `{ "limts": {} }`);
    expect(await session.next(isProblem, from)).toMatchObject({ code: "CONFIG_INVALID" });
    const then = session.events.length;
    rmSync(path("baton.config.json"));
    await session.next(isRun, then);
  });
});

describe("scenarios", () => {
  test("take the place of the context, each a run of its own with its verdict", async () => {
    const from = session.events.length;
    writeFileSync(path("action.ts"), "export const execute_action = (context) => ({ value: context.args.n });\n");
    writeFileSync(
      path("action.scenario.json"),
      JSON.stringify([
        { name: "one", args: { n: 1 }, expect: { returnValue: { value: 1 } } },
        { name: "two", args: { n: 2 }, expect: { returnValue: { value: 3 } } },
      ]),
    );
    const one = await session.next((event): event is RunEvent => isRun(event) && event.scenario === "one", from);
    const two = await session.next((event): event is RunEvent => isRun(event) && event.scenario === "two", from);
    expect(one).toMatchObject({ action: "action.ts", ok: true, failures: [] });
    expect(two).toMatchObject({
      ok: false,
      failures: [{ path: "returnValue", expected: { value: 3 }, actual: { value: 2 } }],
    });
  });

  test("that cannot be read are a problem that names the file and the key", async () => {
    const from = session.events.length;
    writeFileSync(path("action.scenario.json"), JSON.stringify({ expct: {} }));
    const problem = await session.next(isProblem, from);
    expect(problem.code).toBe("SCENARIO_INVALID");
    expect(problem.message).toContain("action.scenario.json");
    expect(problem.message).toContain("did you mean expect?");
    const then = session.events.length;
    rmSync(path("action.scenario.json"));
    expect(await session.next(isRun, then)).toMatchObject({ scenario: null });
  });
});

describe("a session", () => {
  test("in a folder without actions says so, and runs the first one that appears", async () => {
    using empty = tempFolder();
    await using other = new DevSession(empty.path);
    expect(await other.next(isProblem)).toMatchObject({ code: "ACTION_MISSING" });
    writeFileSync(join(empty.path, "first.ts"), "export const execute_action = () => ({ value: 'first' });\n");
    await other.next(hasValue("first"));
  });

  test("runs scenarios that lie elsewhere and name their action, and the action alone when they are gone", async () => {
    using apart = tempFolder({ "a.ts": "export const execute_action = ({ args }) => ({ value: args.n });\n" });
    mkdirSync(join(apart.path, "scenarios"));
    const scenario = join(apart.path, "scenarios", "one.scenario.yaml");
    writeFileSync(scenario, "action: ../a.ts\nargs: { n: 5 }\n");
    await using other = new DevSession(apart.path);
    expect(await other.next(isRun)).toMatchObject({
      action: "a.ts",
      scenario: "one",
      outcome: { returnValue: { value: 5 } },
    });
    const from = other.events.length;
    rmSync(scenario);
    expect(await other.next(isRun, from)).toMatchObject({ action: "a.ts", scenario: null });
  });

  test("reaches no network: a request is a failure that names it", async () => {
    using asking = tempFolder({
      "a.ts": "export const execute_action = async () => (await fetch('https://api.shop.example/x')).status;\n",
    });
    await using other = new DevSession(asking.path);
    const run = await other.next(isRun);
    expect(run).toMatchObject({ ok: false, outcome: { status: "threw" } });
    expect(run.failures[0]!.message).toContain("GET https://api.shop.example/x");
  });

  test("shows the matrix after the runs where it is asked for", async () => {
    using small = tempFolder({
      "a.ts": `export const execute_action = (c) => hand_off_conversation(c, { phone_destination: "+15551234567" });\n`,
    });
    await using other = new DevSession(small.path, ["--matrix"]);
    const matrix = await other.next((event) => event.event === "matrix");
    if (matrix.event !== "matrix") throw new Error("no matrix");
    expect(matrix.cells).toHaveLength(36);
    const live = matrix.cells.filter(({ outcome }) => outcome.handoff?.kind === "phone_transfer");
    expect(live.map(({ channel, environment }) => [channel, environment])).toEqual([
      ["phone", "production"],
      ["phone", "production"],
    ]);
  });

  test("leaves the files of the author as they are", () => {
    expect(readFileSync(path("action.ts"), "utf8")).toContain("context.args.n");
  });
});
