import { describe, expect, test } from "@jest/globals";
import { chaos } from "./chaos.ts";
import { CHAOS_CONTROLS, type ChaosControl } from "./database.ts";

describe("real processes, killed at marked steps", () => {
  test.each([
    ["sqlite", 4, ["limit", "clock", "torn"]],
    ["postgres", 4, ["pooler", "previous", "clock"]],
  ] as const)(
    "keep every promise on %s",
    async (store, kills, faults) => {
      const report = await chaos({ store, kills, seed: 20_261_101, faults });
      expect(report).toMatchObject({ lost: 0, doubled: 0, leaked: 0, named: [], violations: [] });
      for (const line of report.leftOut) console.warn(`Left out of the chaos on ${store}: ${line}`);
      expect(report.kills).toBeGreaterThanOrEqual(kills);
    },
    300_000,
  );

  test.each([
    // What a flipped bit takes, torn.test.ts shows without waiting for a kill that leaves something to flip.
    ...(Object.keys(CHAOS_CONTROLS) as ChaosControl[])
      .filter((control) => control !== "flipped-log")
      .map((control) => [control, "sqlite"] as const),
    // What a commit is worth is a matter of the database itself.
    ["relaxed-sync", "postgres"] as const,
  ])(
    "are seen to break them with %s on %s",
    async (control, store) => {
      const report = await chaos({ store, kills: 10, seed: 3, control });
      expect(report.violations.length).toBeGreaterThan(0);
    },
    300_000,
  );
});
