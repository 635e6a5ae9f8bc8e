// The runs of a session with a page are recorded. A recorded run's clock stands still within a turn, and no author is to notice it.
import { afterAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RecordingShelf } from "../../author/replay/shelf.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import type { Recording } from "../../runtime/index.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-recorded-"));
const kept: Recording[] = [];
/** A recording is made once the outcome is out. */
const taken = async (): Promise<Recording[]> => {
  while (kept.length === 0) await pause(1);
  return kept.splice(0);
};
const runner = new ScenarioRunner({ onRecording: (recording) => void kept.push(recording) });
afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true });
});

function actionOf(name: string, body: string): string {
  const file = join(folder, name);
  writeFileSync(file, `export async function execute_action(context) {\n${body}\n}\n`);
  return file;
}

const run = (action: string, over = {}) =>
  runner.run({ action, context: { args: {} }, limits: { cpuMs: 150 }, ...over });

test("a loop that waits for the clock returns as it does everywhere else", async () => {
  const { outcome } = await run(actionOf("waits.ts", "const end = Date.now() + 20; while (Date.now() < end); return 'over';"));
  expect(outcome).toMatchObject({ status: "returned", returnValue: "over" });
  // The attempt that was recorded is another execution, so that nothing replays it in the place of this one.
  expect((await taken()).map(({ executionId }) => executionId)).not.toContain(outcome.executionId);
}, 20_000); // prettier-ignore

test("a loop without a clock is ended once, and so is one that a seed has stand still", async () => {
  const endless = actionOf("endless.ts", "for (;;);");
  const seeded = actionOf("seeded.ts", "while (Date.now() > 0);");
  for (const start of [() => run(endless), () => run(seeded, { seed: "s" })]) {
    const ran = await start();
    expect(ran.outcome.error?.code).toBe("CPU_LIMIT");
    const [recording, ...more] = await taken();
    expect(recording?.executionId).toBe(ran.outcome.executionId);
    expect(more).toEqual([]);
  }
}, 20_000);

test("a recording is replayed by the runner that made it, exactly and against what the file has become", async () => {
  const action = actionOf("order.ts", "return { at: Date.now(), id: crypto.randomUUID(), total: 3 };");
  const { outcome } = await run(action);
  const [recording] = await taken();
  writeFileSync(action, "export const execute_action = () => ({ total: 4 });\n");
  expect(await runner.replay(recording!, action, { current: false })).toMatchObject({ mode: "exact", equal: true });
  const changed = await runner.replay(recording!, action, { current: true });
  expect(changed).toMatchObject({ mode: "changed", equal: false });
  expect(changed.differences.map(({ path }) => path)).toContain("returnValue.total");
  expect(outcome.status).toBe("returned");
  expect(kept).toEqual([]);
}, 20_000);

test("the shelf keeps the newest recordings, as many as fit", async () => {
  await run(actionOf("one.ts", "return 1;"));
  const [made] = await taken();
  const chars = JSON.stringify({ ...made, action: { ...made!.action, artifact: undefined } }).length;
  const shelf = new RecordingShelf(Math.floor(chars * 2.5));
  for (const executionId of ["a", "b", "c"]) shelf.add({ ...made!, executionId });
  expect([shelf.find("a"), shelf.find("b")?.executionId, shelf.find("c")?.executionId]).toEqual([null, "b", "c"]);
  expect(shelf.find("d")).toBeNull();
});
