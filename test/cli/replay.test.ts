/** `baton run --record`, `baton replay` and `baton scenario from`, as a user types them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { baton, batonAll, tempFolder } from "./baton.ts";

const ACTION = `export function execute_action(context) {
  const told = hand_off_conversation(context, "order " + context.args.orderId);
  console.log("id", crypto.randomUUID());
  return { told, at: Date.now(), r: Math.random() };
}`;

const project = tempFolder({
  "refund.js": ACTION,
  "changed.js": ACTION.replace('"order "', '"refund of "'),
  "silent.js": "export const execute_action = () => ({ ok: true });",
});
const cwd = project.path;
const at = (name: string): string => join(cwd, name);
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

beforeAll(async () => {
  const record = (name: string, more: string[] = []) => ({
    args: ["run", "refund.js", "--arg", "orderId=A-1001", "--record", name, ...more],
    cwd,
  });
  const redact = ["--redact", "args.orderId", "--redact", "conversation.messages[*].content"];
  const made = await batonAll({
    one: record("one.recording.json"),
    redacted: record("redacted.recording.json", redact),
  });
  expect(made.one.status).toBe(0);
  expect(made.redacted.stderr).toContain("args.orderId");
});
afterAll(() => project[Symbol.dispose]());

describe("replay of a file", () => {
  test("ends with 0 where it is the same run, with 1 and the first call where it is not, and needs no action", async () => {
    const recording = json(readFileSync(at("one.recording.json"), "utf8"));
    writeFileSync(at("moved.recording.json"), JSON.stringify({ ...recording, context: { args: { orderId: "B-2" }, conversation: { id: "conv_sample" } } }));
    const told = await batonAll({
      same: { args: ["replay", "one.recording.json", "--json"], cwd },
      other: { args: ["replay", "moved.recording.json", "--json"], cwd },
      shown: { args: ["replay", "moved.recording.json"], cwd },
    });
    expect(told.same.status).toBe(0);
    const same = json(told.same.stdout) as { recorded: { usage: unknown }; replayed: { usage: unknown } };
    expect(same).toMatchObject({ mode: "exact", equal: true, divergence: null });
    expect({ ...same.replayed, usage: 0 }).toEqual({ ...same.recorded, usage: 0 });
    expect(told.other.status).toBe(1);
    expect(json(told.other.stdout)).toMatchObject({
      equal: false,
      divergence: { call: 0, recorded: { name: "hand_off_conversation" }, replayed: { name: "hand_off_conversation" } },
    });
    expect(told.shown.status).toBe(1);
    expect(told.shown.stdout).toMatch(/call 1 of 1 is the first that differs[\s\S]*A-1001[\s\S]*B-2/);
  }); // prettier-ignore

  test("of a redacted recording compares decisions, and holds nothing of what was taken out", async () => {
    const text = readFileSync(at("redacted.recording.json"), "utf8");
    expect(text).not.toContain("A-1001");
    expect(json(text)["redacted"]).toEqual(["args.orderId", "conversation.messages[*].content"]);
    const { status, stdout } = await baton({ args: ["replay", "redacted.recording.json"], cwd });
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining("redacted") });
  });

  test("with changed code says what it would have done", async () => {
    const told = await batonAll({
      same: { args: ["replay", "one.recording.json", "--with", "refund.js"], cwd },
      changed: { args: ["replay", "one.recording.json", "--with", "changed.js"], cwd },
      silent: { args: ["replay", "one.recording.json", "--with", "silent.js", "--json"], cwd },
    });
    expect(told.same.status).toBe(0);
    expect(told.changed.status).toBe(1);
    expect(told.changed.stdout).toMatch(/handoff\.reason\s+recorded: "order A-1001"\s+replayed: "refund of A-1001"/);
    expect(json(told.silent.stdout)).toMatchObject({ mode: "changed", equal: false, replayed: { handoff: null } });
  });
});

describe("replay of a folder", () => {
  test("is a table of what changed, and goes on past what cannot be read", async () => {
    using folder = tempFolder({
      "a.recording.json": readFileSync(at("one.recording.json"), "utf8"),
      "silent.js": readFileSync(at("silent.js"), "utf8"),
    });
    mkdirSync(join(folder.path, "deep"));
    writeFileSync(join(folder.path, "deep/b.recording.json"), readFileSync(at("one.recording.json")));
    const told = await batonAll({
      same: { args: ["replay", ".", "--json"], cwd: folder.path },
      changed: { args: ["replay", ".", "--with", "silent.js"], cwd: folder.path },
    });
    expect(told.same.status).toBe(0);
    expect(json(told.same.stdout)).toMatchObject({ equal: 2, changed: 0, unreadable: 0 });
    expect(told.changed.status).toBe(1);
    expect(told.changed.stdout).toMatch(/✗ a\.recording\.json +hand-off → answers[\s\S]*2 changed/);
    writeFileSync(join(folder.path, "c.recording.json"), "{}");
    const broken = await baton({ args: ["replay", ".", "--json"], cwd: folder.path });
    expect(broken.status).toBe(2);
    expect(json(broken.stdout)).toMatchObject({ equal: 2, unreadable: 1 });
  });
});

test("a scenario from a recording passes", async () => {
  const made = await baton({ args: ["scenario", "from", "one.recording.json", "--out", "refund.late.scenario.yaml"], cwd });
  expect(made.status).toBe(0);
  // A scenario has a clock of its own.
  expect(made.stderr).toContain("returnValue");
  const told = await batonAll({
    test: { args: ["test", "refund.late.scenario.yaml", "--json"], cwd },
    again: { args: ["scenario", "from", "one.recording.json", "--out", "refund.late.scenario.yaml"], cwd },
    printed: { args: ["scenario", "from", "one.recording.json", "--json"], cwd },
  });
  expect(json(told.test.stdout)).toMatchObject({ ok: true, passed: 1 });
  expect(told.again.status).toBe(2);
  expect(json(told.printed.stdout)).toMatchObject({ expect: { handoff: { reason: "order A-1001" } } });
}); // prettier-ignore

test("what cannot be used is one sentence and status 2", async () => {
  const recording = readFileSync(at("one.recording.json"), "utf8");
  writeFileSync(at("cut.recording.json"), recording.slice(0, recording.length / 2));
  writeFileSync(at("later.recording.json"), recording.replace('"recording": 1', '"recording": 2'));
  const whole = json(recording);
  const action = whole["action"] as Record<string, unknown>;
  const bare = { ...whole, action: { hash: action["hash"], language: "javascript", filename: "refund.js", file: "./changed.js" } };
  writeFileSync(at("bare.recording.json"), JSON.stringify(bare));
  const told = await batonAll({
    none: { args: ["replay", "none.recording.json"], cwd },
    cut: { args: ["replay", "cut.recording.json"], cwd },
    later: { args: ["replay", "later.recording.json", "--json"], cwd },
    bare: { args: ["replay", "bare.recording.json"], cwd },
    noAction: { args: ["replay", "one.recording.json", "--with", "none.js"], cwd },
    two: { args: ["replay", "one.recording.json", "cut.recording.json"], cwd },
    redactAlone: { args: ["run", "refund.js", "--redact", "args"], cwd },
    badPath: { args: ["run", "refund.js", "--record", "x.recording.json", "--redact", "a..b"], cwd },
    badName: { args: ["run", "refund.js", "--record", "x.json"], cwd },
    from: { args: ["scenario", "one.recording.json"], cwd },
  });
  for (const [name, { status, stderr, stdout }] of Object.entries(told)) {
    expect({ name, status }).toEqual({ name, status: 2 });
    expect(`${stderr}${stdout}`).not.toMatch(/\n\s+at /);
  }
  expect(told.cut.stderr).toContain("not JSON");
  expect(json(told.later.stdout)).toMatchObject({ error: { code: "RECORDING_INVALID" } });
  expect(told.bare.stderr).toContain("has changed since");
  expect(existsSync(at("x.recording.json"))).toBe(false);
}); // prettier-ignore
