// One timer for all deadlines: none rings early, none is lost, and none is a timer of its own.
import { expect, test } from "@jest/globals";
import { createHook } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Deadline, OVERDUE, within } from "../../base/time.ts";
import { type Bell, DeadlineWheel, deadlines } from "../../base/wheel.ts";
import { type Runtime, createRuntime } from "../../runtime/index.ts";
import { SILENT_LOGGER, delay, handoffsWith, run } from "../runtime/executing.ts";

test("deadlines ring in their order, never early, and not once they are stopped", async () => {
  const wheel = new DeadlineWheel();
  const rung: { readonly ms: number; readonly after: number }[] = [];
  const begun = performance.now();
  // Far ones first, so that the timer waits for another each time a nearer one is set.
  const all = [120, 90, 60, 40, 25, 10, 1, 0].map((ms) => ({
    ms,
    bell: wheel.set(ms, () => rung.push({ ms, after: performance.now() - begun })),
  }));
  const last = new Promise<void>((resolve) => void wheel.set(130, resolve));
  const stopped = all.filter(({ ms }) => ms === 60 || ms === 10);
  for (const { bell } of stopped) wheel.stop(bell);
  await last;
  const left = all.map(({ ms }) => ms).filter((ms) => ms !== 60 && ms !== 10);
  expect(rung.map(({ ms }) => ms).toSorted((a, b) => a - b)).toEqual(left.toSorted((a, b) => a - b));
  for (const { ms, after } of rung) expect(after).toBeGreaterThanOrEqual(ms - 1);
  const ticks = rung.map(({ ms }) => all.find((each) => each.ms === ms)!.bell.tick);
  expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
});

test("on a clock of the test's own the bucket of each tick rings whole, and what is set meanwhile waits for its own", async () => {
  let now = 0;
  const wheel = new DeadlineWheel(() => now);
  const rung: string[] = [];
  const bells: Bell[] = [];
  bells.push(
    wheel.set(3, () => {
      rung.push("first");
      wheel.stop(bells[1]!);
      wheel.set(30, () => rung.push("later"));
    }),
    wheel.set(4, () => rung.push("stopped by the first")),
    wheel.set(5, () => rung.push("same tick")),
  );
  now = 7;
  await delay(20);
  expect(rung).toEqual([]);
  now = 8;
  await delay(20);
  expect(rung).toEqual(["first", "same tick"]);
  now = 100;
  wheel.set(0, () => rung.push("now"));
  now = 112;
  await delay(60);
  expect(rung).toEqual(["first", "same tick", "later", "now"]);
});

test("a bounded wait gives what came, what failed, what was thrown, and else OVERDUE", async () => {
  expect(await within(1_000, async () => 1)).toBe(1);
  await expect(within(1_000, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(
    within(1_000, () => {
      throw new Error("at once");
    }),
  ).rejects.toThrow("at once");
  expect(await within(5, () => new Promise(() => undefined))).toBe(OVERDUE);
  expect(await within(1_000, (() => 2) as never)).toBe(2);
  const ended = new Deadline(1_000);
  ended.end();
  expect(await ended.wait(() => new Promise(() => undefined))).toBe(OVERDUE);
  const known = new Deadline(1_000);
  known.end();
  expect(await known.wait(() => Promise.resolve(3))).toBe(3);
  const lifted = new Deadline(1);
  const waiting = lifted.wait(async () => {
    lifted.lift();
    await delay(40);
    return 4;
  });
  expect(await waiting).toBe(4);
});

async function timersOf(work: () => Promise<unknown>): Promise<number> {
  let made = 0;
  const hook = createHook({ init: (_, type) => void (made += type === "Timeout" ? 1 : 0) }).enable();
  await work();
  hook.disable();
  return made;
}

test("ten thousand deadlines are one timer, and so are the waits of a run for its store", async () => {
  const bells: Bell[] = [];
  // One stands already in the process's own wheel, or this sets it.
  const made = await timersOf(async () => {
    for (let each = 0; each < 10_000; each++) bells.push(deadlines.set(60_000 + each, () => undefined));
  });
  for (const bell of bells) deadlines.stop(bell);
  expect(made).toBeLessThanOrEqual(1);
  // A keeper that is not the one in memory: begin, record and end are waited for, each within its bound.
  const handoffs = handoffsWith((memory) => ({ record: async (request) => memory.record(request) }));
  await using stored = await createRuntime({ logger: SILENT_LOGGER, handoffs });
  await using remembered = await createRuntime({ logger: SILENT_LOGGER });
  const call = `hand_off_conversation(context, "please")`;
  const each = async (runtime: Runtime, runs: number): Promise<void> => {
    for (let count = 0; count < runs; count++) expect((await run(runtime, call)).handoff?.state).toBe("recorded");
  };
  const RUNS = 40;
  const made40: number[] = [];
  for (const runtime of [remembered, stored]) {
    await each(runtime, 5);
    made40.push(await timersOf(() => each(runtime, RUNS)));
  }
  // Three waits a run: a timer for each would be three times as many as there are runs.
  expect(made40[1]! - made40[0]!).toBeLessThan(RUNS);
});

test("a pending deadline keeps its process alive, and none keeps it longer", () => {
  const module = new URL("../../dist/base/time.js", import.meta.url).href;
  const script = (body: string): string => `import { within, OVERDUE } from ${JSON.stringify(module)}; ${body}`;
  const ran = (body: string) => {
    const begun = performance.now();
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script(body)], {
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      encoding: "utf8",
    });
    return { stdout, status, ms: performance.now() - begun };
  };
  const waits = ran(`console.log((await within(150, () => new Promise(() => {}))) === OVERDUE)`);
  expect(waits).toMatchObject({ stdout: "true\n", status: 0 });
  const done = ran(`console.log(await within(600_000, async () => "done"))`);
  expect(done).toMatchObject({ stdout: "done\n", status: 0 });
  expect(done.ms).toBeLessThan(600_000);
});
