import { describe, expect, test } from "@jest/globals";
import { chaos } from "./chaos.ts";
import { CHAOS_CONTROLS, type ChaosControl } from "./database.ts";
import { FAULTS, type Fault } from "./faults.ts";

describe("real processes, killed at marked steps", () => {
  test.each([
    ["sqlite", 8],
    ["postgres", 5],
  ] as const)(
    "keep every promise on %s",
    async (store, kills) => {
      const report = await chaos({ store, kills, seed: 20_261_101, faults: Object.keys(FAULTS) as Fault[] });
      expect(report).toMatchObject({ lost: 0, doubled: 0, leaked: 0, named: [], violations: [] });
      for (const line of report.leftOut) console.warn(`Left out of the chaos on ${store}: ${line}`);
      expect(report.kills).toBeGreaterThanOrEqual(kills);
    },
    90_000,
  );

  test.each([
    ...(Object.keys(CHAOS_CONTROLS) as ChaosControl[]).map((control) => [control, "sqlite"] as const),
    // What a commit is worth is a matter of the database itself.
    ["relaxed-sync", "postgres"] as const,
  ])(
    "are seen to break them with %s on %s",
    async (control, store) => {
      const report = await chaos({ store, kills: 10, seed: 3, control });
      expect(report.violations.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
