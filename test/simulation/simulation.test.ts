import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { CONTROLS, type Control } from "./controls.ts";
import { simulate } from "./simulate.ts";
import { createWorld, type World, type WorldEvent } from "./world.ts";

describe("the simulation", () => {
  test("keeps every promise over 100,000 steps of crashes, lost answers, power cuts and hand-backs", async () => {
    const report = await simulate({ steps: 100_000, seed: 20_261_101 });
    expect(report).toMatchObject({ lost: 0, doubled: 0, leaked: 0, violations: [] });
    expect(report.steps).toBeGreaterThanOrEqual(100_000);
  });

  test("is the same for the same seed", async () => {
    const once = await simulate({ steps: 5000, seed: 7 });
    expect(await simulate({ steps: 5000, seed: 7 })).toEqual(once);
    expect((await simulate({ steps: 5000, seed: 70 })).steps).not.toBe(once.steps);
  });

  test.each(Object.keys(CONTROLS) as Control[])("notices %s", async (control) => {
    const report = await simulate({ steps: 100_000, seed: 1, control });
    expect(report.violations.length).toBeGreaterThan(0);
    // The world that it names breaks by itself.
    const again = await simulate({ steps: 1, seed: report.seed, control });
    expect(again.violations).toEqual(report.violations.filter((text) => text.startsWith(`world ${report.seed}:`)));
  });

  test("keeps every promise under whatever commands fast-check makes up", async () => {
    const events: readonly WorldEvent[] = [
      "run",
      "run",
      "run",
      "retry",
      "retry",
      "hand back",
      "ask",
      "crash",
      "power cut",
    ];
    const commands = [
      ...events.map((event) => fc.constant(new Act(event))),
      fc.integer({ min: 1, max: 400 }).map((steps) => new Pass(steps)),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.commands(commands, { maxCommands: 60, size: "max" }),
        async (seed, script) => {
          const world = createWorld(seed, null);
          await fc.asyncModelRun(() => ({ model: { events: 0 }, real: world }), script);
          expect(await world.settle()).toBe(true);
          expect(world.checks.tally.violations).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

interface Model {
  events: number;
}

class Act implements fc.AsyncCommand<Model, World> {
  readonly event: WorldEvent;
  constructor(event: WorldEvent) {
    this.event = event;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, world: World): Promise<void> {
    model.events += 1;
    world.act(this.event);
    await world.scheduler.step();
    world.checks.look(world.store.disk.rows);
    expect(world.checks.tally.violations).toEqual([]);
  }
  toString(): string {
    return this.event;
  }
}

class Pass implements fc.AsyncCommand<Model, World> {
  readonly steps: number;
  constructor(steps: number) {
    this.steps = steps;
  }
  check(model: Readonly<Model>): boolean {
    return model.events > 0;
  }
  async run(_model: Model, world: World): Promise<void> {
    for (let step = 0; step < this.steps; step += 1) await world.scheduler.step();
    world.checks.look(world.store.disk.rows);
    expect(world.checks.tally.violations).toEqual([]);
  }
  toString(): string {
    return `${this.steps} steps`;
  }
}
