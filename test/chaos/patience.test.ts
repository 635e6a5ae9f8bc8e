// The end of a chaos run is waited for as long as something moves: a lost row must be named, and a machine that is slow must not.
import { describe, expect, test } from "@jest/globals";
import type { Entry } from "../../delivery/rows.ts";
import type { HandoffStore } from "../../delivery/store-schema.ts";
import { watchRelay } from "./patience.ts";

const row = (of: Partial<Entry["outbox"]> = {}): Entry =>
  ({
    intentId: "i",
    tenant: "acme",
    createdAt: 0,
    outbox: { task: "deliver", status: "waiting", attempts: 1, nextAt: 1000, leaseToken: 1, leaseUntil: null, ...of },
  }) as Entry;

/** A relay's passes at that time; what it takes is given. */
function watched() {
  let taken: readonly Entry[] = [];
  const store = { name: "fake", run: async () => taken, close: async () => {} } as unknown as HandoffStore;
  const patience = watchRelay(store);
  return {
    patience,
    async pass(of: object = {}, takes: readonly Entry[] = []) {
      taken = takes;
      await patience.store.run("lease", { now: 5000, limit: 10, each: 4, rooms: [], ...of } as never);
    },
  };
}

async function lookTimes(times: number, open: readonly Entry[], of: object = {}, takes: readonly Entry[] = []) {
  const { patience, pass } = watched();
  for (let time = 0; time < times; time += 1) {
    await pass(of, takes);
    const verdict = patience.verdict(open);
    if (verdict !== null) return verdict;
  }
  return null;
}

describe("a row that is due and left lying", () => {
  test("is named", async () => {
    expect(await lookTimes(100, [row()])).toMatch(/^i was due and passed over/);
    expect(await lookTimes(100, [row({ task: "dial", status: "sending", leaseUntil: 4000 })])).toMatch(/^i was due/);
  });

  test.each<[string, Partial<Entry["outbox"]>, object, readonly Entry[]]>([
    ["its time has not come", { nextAt: 6000 }, {}, []],
    ["another holds it", { leaseUntil: 6000 }, {}, []],
    ["its tenant has no place", {}, { rooms: [{ tenant: "acme", room: 0 }] }, []],
    ["its tenant's places were taken", {}, { each: 1 }, [row()]],
    ["all places were taken", {}, { limit: 1 }, [row()]],
  ])("may lie longer where %s", async (_, of, pass, takes) => {
    expect(await lookTimes(300, [row(of)], pass, takes)).toBeNull();
  });
});

test("a row that is tried at a slow pace is waited for, and one that never ends is named", async () => {
  const { patience, pass } = watched();
  const verdicts = [];
  for (let token = 1; token <= 60; token += 1) {
    await pass();
    verdicts.push(patience.verdict([row({ leaseToken: token, attempts: token })]));
  }
  expect(verdicts.slice(0, 40).every((verdict) => verdict === null)).toBe(true);
  expect(verdicts.at(-1)).toMatch(/^i was tried/);
});

test("a relay that stands still is named", () => {
  const { patience } = watched();
  let verdict: string | null = null;
  for (let looks = 0; looks < 1000 && verdict === null; looks += 1) verdict = patience.verdict([row()]);
  expect(verdict).toMatch(/^the relay did not look/);
});
