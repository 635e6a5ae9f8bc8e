/** A hand-off that was rejected is red everywhere that an author looks, though the action returned. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { baton, batonAll, tempFolder } from "../cli/baton.ts";
import type { Result } from "../cli/baton.ts";
import { DevSession } from "./session.ts";

const ACTION = `export function execute_action(context) {
  hand_off_conversation(context, { phone_destination: "+1 555 123 4567" });
  return { success: true };
}`;
const chat = { conversation: { id: "c", latestChannel: "chat" }, args: {} };

describe("a rejected hand-off", () => {
  const folder = tempFolder({
    "plain.js": ACTION,
    "plain.scenario.yaml": "channel: phone\n",
    "meant.js": ACTION,
    "meant.scenario.json": JSON.stringify([
      { name: "by its warning", channel: "phone", expect: { warnings: ["HANDOFF_REJECTED"] } },
      { name: "by its verdict", channel: "phone", expect: { intents: [{ verdict: "rejected" }] } },
      { name: "no phone, no rejection", context: chat, expect: { handoff: { kind: "handoff" } } },
    ]),
    "kept.js": ACTION,
    "kept.scenario.json": JSON.stringify({ channel: "phone", snapshot: true }),
    "phone.json": JSON.stringify({ ...chat, conversation: { id: "c", latestChannel: "phone" } }),
  });
  let results: Record<"plain" | "meant" | "kept" | "update" | "matrix" | "chatOnly", Result>;
  beforeAll(async () => {
    const cwd = folder.path;
    results = await batonAll({
      plain: { args: ["test", "plain.js", "--json"], cwd },
      meant: { args: ["test", "meant.js", "--json"], cwd },
      kept: { args: ["test", "kept.js", "--json"], cwd },
      update: { args: ["test", "kept.js", "--update"], cwd, env: { CI: "true" } },
      matrix: { args: ["matrix", "plain.js", "--json"], cwd },
      chatOnly: { args: ["matrix", "plain.js", "--channels", "chat"], cwd },
    });
  });
  afterAll(() => folder[Symbol.dispose]());

  test("fails a scenario that does not expect it, and says how one would", () => {
    expect(results.plain.status).toBe(1);
    const { scenarios } = JSON.parse(results.plain.stdout) as { scenarios: { failures: unknown[] }[] };
    expect(scenarios[0]!.failures).toEqual([
      { path: "warnings", message: expect.stringMatching(/^HANDOFF_REJECTED: .*expect\.warnings/) },
    ]);
  });

  test("passes where the warning or the verdict is expected", () => {
    expect(JSON.parse(results.meant.stdout)).toMatchObject({ passed: 3, failed: 0 });
  });

  test("is never kept as a snapshot by itself", () => {
    expect(results.kept.status).toBe(1);
    expect(existsSync(join(folder.path, "kept.scenario.snapshot.json"))).toBe(false);
  });

  test("under CI nothing is written, --update included", () => {
    expect(results.update.status).toBe(2);
    expect(results.update.stderr).toContain("the variable CI");
  });

  test("fails the matrix by its cell alone", () => {
    expect(results.matrix.status).toBe(1);
    const { cells } = JSON.parse(results.matrix.stdout) as {
      cells: { channel: string; environment: string; alreadyHandedOff: boolean; ok: boolean }[];
    };
    const wrong = cells
      .filter(({ ok }) => !ok)
      .map(({ channel, environment, alreadyHandedOff }) => [channel, environment, alreadyHandedOff]);
    expect(wrong).toHaveLength(6);
    for (const [channel, , alreadyHandedOff] of wrong) expect([channel, alreadyHandedOff]).toEqual(["phone", false]);
    expect(results.chatOnly.status).toBe(0);
  });

  test("is red in a session without a scenario", async () => {
    using other = tempFolder({
      "a.js": ACTION,
      "context.json": readFileSync(join(folder.path, "phone.json")),
    });
    await using session = new DevSession(other.path);
    const run = await session.next((event) => event.event === "run");
    expect(run).toMatchObject({ ok: false, failures: [{ path: "warnings" }] });
  });
});

describe("a snapshot in a build server", () => {
  test.each([
    ["true", false],
    ["1", false],
    ["", true],
    ["false", true],
  ])("with CI=%j is written: %s", async (CI, isWritten) => {
    using folder = tempFolder({
      "a.js": "export const execute_action = () => 1",
      "a.scenario.json": JSON.stringify({ snapshot: true }),
    });
    const { status, stdout } = await baton({ args: ["test"], cwd: folder.path, env: { CI } });
    expect(existsSync(join(folder.path, "a.scenario.snapshot.json"))).toBe(isWritten);
    expect({ CI, status, stdout }).toMatchObject({ status: isWritten ? 0 : 1 });
  });
});
