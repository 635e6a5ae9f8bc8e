/** A worker in an attacker's hands that sends nothing wrong, but too much of it: each kind of frame has a budget. */
import { expect, test } from "@jest/globals";
import { FRAMES_PER_SECOND, FrameBudget } from "../../../sandbox/process/frame-budget.ts";
import { fly, nothingSeen, sandboxWith } from "../flight/flight.ts";
import { useForgery } from "./forgery.ts";

const forged = useForgery();

const FLOODS: Readonly<Record<string, string>> = {
  "turns that begin": 'say({ type: "entered", run });',
  "turns of a run of nobody": 'say({ type: "entered", run: run + 99 });',
  "lines of a run of nobody": 'say({ type: "log", run: run + 99, level: "info", message: "", time: "" });',
  "empty lines": 'say({ type: "log", run, level: "info", message: "", time: "" });',
  "long lines": 'say({ type: "log", run, level: "warn", message: "x".repeat(19000), time: "" });',
  "word of dropped lines": 'say({ type: "dropped", run, lines: 1 });',
};

for (const [name, send] of Object.entries(FLOODS))
  test(`a worker that floods its host with ${name} is killed for it`, async () => {
    // It would go on for as long as the run may last, and then return as if nothing had happened.
    const onRun = `const until = Date.now() + 20000; const flood = () => { for (let i = 0; i < 500; i++) { ${send} } if (Date.now() < until) setImmediate(flood); }; flood();`;
    const sandbox = sandboxWith(forged(`flood ${name}`, onRun));
    const { end, logs } = await fly(sandbox, nothingSeen(), { body: "", limits: { wallMs: 15_000 } });
    expect(end).toMatchObject({ type: "crashed", reason: expect.stringContaining("broke the protocol") });
    expect(logs.length).toBeLessThanOrEqual(1_000);
    await sandbox.close();
  });

test("frames that no run pays for are counted by the second, by a clock that is handed in", () => {
  let now = 0;
  const budget = new FrameBudget(() => now);
  const takeAll = (): number => {
    let taken = 0;
    while (budget.take()) taken++;
    return taken;
  };
  const burst = takeAll();
  expect(burst).toBeGreaterThan(0);
  expect(takeAll()).toBe(0);
  now += 100;
  expect(takeAll()).toBeCloseTo(FRAMES_PER_SECOND / 10, -1);
  now += 3_600_000;
  expect(takeAll()).toBe(burst);
});

test("an honest worker whose runs take turns as fast as they can is not taken for one", async () => {
  const sandbox = sandboxWith({ workers: 1 });
  // Every run sets a timer in each of its turns, so that turns of all runs alternate for as long as it lasts.
  const body = `await new Promise((done) => { let turns = 0; const turn = () => ++turns === 400 ? done() : later(0, turn); turn(); });`;
  const runs = Array.from({ length: 8 }, () =>
    fly(sandbox, nothingSeen(), { body, limits: { wallMs: 20_000, cpuMs: 10_000 } }),
  );
  for (const { end } of await Promise.all(runs)) expect(end.type).toBe("returned");
  await sandbox.close();
});
