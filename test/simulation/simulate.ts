/** Runs world after world until so many steps are done; each world's seed follows from the first, so a bad one can be named. */
import { createChance } from "./chance.ts";
import type { Control } from "./controls.ts";
import { createWorld } from "./world.ts";

export interface Report {
  readonly steps: number;
  readonly lost: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly unknown: number;
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface Simulation {
  readonly steps: number;
  readonly seed: number;
  readonly control?: Control | null;
  /** Stop at the first world that breaks a promise. */
  readonly stopAtFirst?: boolean;
}

/** Steps of trouble in one world before it is let settle. */
const TROUBLE = 2500;

export async function simulate({ steps, seed, control = null, stopAtFirst = true }: Simulation): Promise<Report> {
  const total = { steps: 0, lost: 0, doubled: 0, leaked: 0, unknown: 0 };
  const violations: string[] = [];
  for (let worldSeed = seed; total.steps < steps; worldSeed += 1) {
    const world = createWorld(worldSeed, control);
    const chance = createChance(worldSeed ^ 0x5eed);
    while (world.scheduler.steps < TROUBLE) {
      if (chance.of(0.3)) world.stir();
      // A world in which nothing is left to happen is stirred until something is.
      if (!(await world.scheduler.step())) world.stir();
      if (world.scheduler.steps % 50 === 0) world.checks.look(world.store.disk.rows);
    }
    const settled = await world.settle();
    const { tally } = world.checks;
    if (!settled) tally.violations.push("the outbox did not come to rest");
    total.steps += world.scheduler.steps;
    for (const kind of ["lost", "doubled", "leaked", "unknown"] as const) total[kind] += tally[kind];
    for (const violation of tally.violations) violations.push(`world ${worldSeed}: ${violation}`);
    if (violations.length > 0 && stopAtFirst) return { ...total, seed: worldSeed, violations };
  }
  return { ...total, seed, violations };
}
