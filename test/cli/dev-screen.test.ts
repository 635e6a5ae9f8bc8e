/** A session on a terminal that is looked at all day: one line for what is well, in one order, and keys. */
import { describe, expect, test } from "@jest/globals";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DevEvent, RunEvent } from "../../author/session/events.ts";
import { Screen } from "../../cli/dev/screen.ts";
import { neverSettled } from "../../cli/never-settled.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import { DevSession } from "../author/session.ts";
import { MAIN, tempFolder } from "./baton.ts";

const { error: _, ...base } = neverSettled(new Error("none"));
const returning = (n: number): Outcome => ({
  ...base,
  status: "returned",
  returnValue: { n },
  returnValueDiscarded: false,
});

function run(action: string, scenario: string | null, more: Partial<RunEvent> = {}): RunEvent {
  return {
    event: "run",
    action,
    scenario,
    outcome: returning(1),
    sinceSaveMs: 12,
    ok: true,
    failures: [],
    steps: [],
    ...more,
  };
}

const failing = (action: string, scenario: string | null): RunEvent =>
  run(action, scenario, { ok: false, failures: [{ path: "returnValue", message: "is not what was expected" }] });

function screen() {
  let shown = "";
  const made = new Screen({
    ...{ folder: "actions", hasKeys: true, full: false },
    terminal: () => ({ columns: 100, paint: (_style, text) => text }),
    print: (text) => (shown += text),
  });
  const show = (...events: readonly DevEvent[]): string => {
    shown = "";
    for (const event of events) made.show(event);
    return shown;
  };
  const press = (): string => {
    shown = "";
    made.toggleFailures();
    return shown;
  };
  return { show, press, close: () => made.close() };
}

/** A batch of two actions, reported in this order. */
function batch(...runs: readonly RunEvent[]): DevEvent[] {
  const actions = [...new Set(runs.map(({ action }) => action))];
  const done = actions.map((action): DevEvent => ({ event: "done", action }));
  return [{ event: "started", actions }, ...runs, ...done];
}

describe("the screen of a session", () => {
  test("has one line for 24 scenarios that are well, in the same order whichever came first", () => {
    const runs = ["b.ts", "a.ts"].flatMap((action) =>
      Array.from({ length: 12 }, (_each, index) => run(action, `scenario ${index}`)),
    );
    const { show, close } = screen();
    const first = show(...batch(...runs));
    const second = show(...batch(...runs.toReversed()));
    close();
    expect(first.trimEnd().split("\n")).toHaveLength(2);
    expect(first).toMatch(/^✓ a\.ts 12 scenarios: [^\n]+\n✓ b\.ts 12 scenarios: [^\n]+\n$/);
    expect(second).toBe(first);
  });

  test("shows all of what fails, beside one line for the rest of the action", () => {
    const { show, close } = screen();
    const shown = show(...batch(run("a.ts", "one"), failing("a.ts", "two"), run("b.ts", null)));
    close();
    expect(shown).toContain("✗ a.ts, two");
    expect(shown).toContain("is not what was expected");
    expect(shown).toContain("✓ a.ts 1 of 2 scenarios:");
    expect(shown).not.toContain("a.ts, one");
    expect(shown).toMatch(/✓ b\.ts:/);
  });

  test("shows all of a run whose outcome is another than before, and one line when it stays", () => {
    const { show, close } = screen();
    const changed = run("a.ts", null, { outcome: returning(2) });
    show(...batch(run("a.ts", null)));
    const whole = show(...batch(changed));
    const again = show(...batch(changed));
    close();
    expect(whole.trim().split("\n").length).toBeGreaterThan(1);
    expect(again).toMatch(/^✓ a\.ts:[^\n]+\n$/);
  });

  test("leaves out what is well after f, until f is pressed again", () => {
    const { show, press, close } = screen();
    show(...batch(run("a.ts", null), failing("b.ts", null)));
    const failuresOnly = press();
    const saved = show(...batch(run("a.ts", null), failing("b.ts", null)));
    const all = press();
    close();
    for (const shown of [failuresOnly, saved]) {
      expect(shown).toContain("✗ b.ts");
      expect(shown).not.toContain("a.ts");
    }
    expect(all).toContain("✓ a.ts:");
  });
});

function project() {
  const folder = tempFolder({ "package.json": "{}" });
  for (const name of ["actions", "contexts"]) mkdirSync(join(folder.path, name));
  const write = (name: string, text: string): void => writeFileSync(join(folder.path, name), text);
  write("actions/a.js", "export const execute_action = ({ args }) => ({ n: args.n });\n");
  write("actions/a.scenario.json", JSON.stringify({ name: "one", context: "../contexts/one.json" }));
  write("contexts/one.json", JSON.stringify({ args: { n: 1 } }));
  write("actions/b.js", "export const execute_action = () => { throw new Error('no luck'); };\n");
  return { path: folder.path, write, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const returned =
  (n: number) =>
  (event: DevEvent): event is RunEvent =>
    event.event === "run" && (event.outcome.returnValue as { n?: number } | null | undefined)?.n === n;

test("baton dev actions sees what lies beside the folder: contexts and the configuration", async () => {
  using own = project();
  await using session = new DevSession(join(own.path, "actions"));
  await session.next(returned(1));
  own.write("contexts/one.json", JSON.stringify({ args: { n: 2 } }));
  await session.next(returned(2));

  let from = session.events.length;
  own.write("baton.config.json", `{ "limts": {} }`);
  const problem = await session.next((event) => event.event === "problem" && event.code === "CONFIG_INVALID", from);
  expect(problem).toMatchObject({ message: expect.stringContaining("did you mean limits?") });
  from = session.events.length;
  own.write("baton.config.json", "{}");
  await session.next(returned(2), from);
});

/** util-linux's, which gives a command a terminal of its own and passes keys on to it. */
const HAS_SCRIPT = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;
if (!HAS_SCRIPT) process.stderr.write("no util-linux script here: the keys of baton dev are not tried\n");

(HAS_SCRIPT ? test : test.skip)("on a terminal r runs all again, f shows failures only and q ends", async () => {
  using own = project();
  const command = `"${process.execPath}" "${MAIN}" dev "${join(own.path, "actions")}"`;
  const child = spawn("script", ["-qfec", command, "/dev/null"], { stdio: "pipe", env: { ...process.env, CI: "" } });
  let shown = "";
  let wake = (): void => {};
  // Its terminal goes with it, and the session with the terminal, wherever the test stops.
  using _child = { [Symbol.dispose]: () => void child.kill("SIGKILL") };
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  child.once("close", (status) => resolve(status));
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    wake();
  });
  const until = async (words: RegExp): Promise<string> => {
    while (!words.test(shown)) await new Promise<void>((again) => (wake = again));
    const found = shown;
    shown = "";
    return found;
  };
  const first = await until(/✗ .*b\.js[^]*no luck[^]*\n/);
  expect(first.replaceAll(/\s+/g, " ")).toContain("r run again, f failures only");
  child.stdin.write("f");
  await until(/Only what fails is shown/);
  child.stdin.write("f");
  await until(/All is shown[^]*✓ .*a\.js/);
  child.stdin.write("r");
  await until(/✓ .*a\.js[^]*b\.js/);
  child.stdin.write("q");
  expect(await ended).toBe(0);
});
