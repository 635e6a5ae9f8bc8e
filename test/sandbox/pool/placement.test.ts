import { describe, expect, test } from "@jest/globals";
import { type PlaceSlot, findLeaver, findPlace, longestIdle } from "../../../sandbox/pool/placement.ts";

const slot = (parts: Partial<PlaceSlot>): PlaceSlot => ({
  image: "i",
  cordon: "a",
  ready: true,
  load: 1,
  waits: 0,
  isBusy: (parts.load ?? 1) > (parts.waits ?? 0),
  draining: false,
  isExclusive: false,
  isIdle: (parts.load ?? 1) === 0,
  isPrepared: false,
  idleSince: 0,
  boundAt: 0,
  ...parts,
});
const A = { cordon: "a", image: "i" };
const RULES = { computingPerCordon: 2, perCordon: 16, othersStarve: false, mayCompute: true };
const place = (slots: PlaceSlot[], places = 16, rules = RULES) => findPlace(slots, A, places, rules);

describe("a run goes to", () => {
  test("an idle process of its cordon before a spare, and never to another cordon's or image's", () => {
    const idle = slot({ load: 0 });
    expect(place([slot({ cordon: "b", load: 0 }), slot({ cordon: null, load: 0 }), slot({}), idle])).toEqual({
      type: "slot",
      slot: idle,
    });
    expect(place([slot({ cordon: "b", load: 0 }), slot({ image: "other", load: 0 })])).toEqual({
      type: "start",
      isFirst: true,
      else: null,
    });
  });

  test("an empty process with an isolate ready, and where none has one to that which has been empty for longest", () => {
    const first = slot({ load: 0, idleSince: 30, isPrepared: true });
    const second = slot({ load: 0, idleSince: 10, isPrepared: true });
    const longest = slot({ load: 0, idleSince: 5 });
    const busy = slot({ idleSince: 1, isPrepared: true });
    // The first of those that are prepared: a run now and then is always given the same process.
    expect(place([busy, longest, first, second])).toEqual({ type: "slot", slot: first });
    expect(place([busy, first, longest, second])).toEqual({ type: "slot", slot: first });
    const others = [slot({ load: 0, idleSince: 30 }), longest, slot({ load: 0, idleSince: 10 })];
    expect(place([busy, ...others])).toEqual({ type: "slot", slot: longest });
  });

  test("a spare that is ready before a busy process of its own, but one that still starts only if there is no other", () => {
    const spare = slot({ cordon: null, load: 0 });
    const starting = slot({ cordon: null, load: 0, ready: false });
    const own = slot({});
    expect(place([own, spare])).toEqual({ type: "slot", slot: spare });
    expect(place([own, starting])).toEqual({ type: "slot", slot: own });
    expect(place([starting])).toEqual({ type: "slot", slot: starting });
  });

  test("its own process while that is not crowded, then to a new one, else to any with room", () => {
    const some = slot({ load: 3 });
    const crowd = slot({ load: 4 });
    expect(place([some])).toEqual({ type: "slot", slot: some });
    expect(place([crowd])).toEqual({ type: "start", isFirst: false, else: crowd });
    expect(place([slot({ load: 16 })])).toEqual({ type: "start", isFirst: false, else: null });
  });

  test("no further process where as many of its cordon compute as there are processors, unless its runs wait", () => {
    const computing = [slot({ load: 5 }), slot({ load: 5 })];
    expect(place(computing)).toEqual({ type: "slot", slot: computing[0] });
    const waiting = [slot({ load: 5, waits: 5 }), slot({ load: 5, waits: 5 })];
    expect(place(waiting)).toEqual({ type: "start", isFirst: false, else: waiting[0] });
    expect(place(waiting, 16, { ...RULES, othersStarve: true })).toEqual({ type: "slot", slot: waiting[0] });
  });

  test("no process that is on its way out or held for one run alone; without any it waits", () => {
    const full = [slot({ draining: true }), slot({ isExclusive: true })];
    expect(place(full)).toBeNull();
  });
});

describe("where no further process may compute, a run goes to", () => {
  const full = { ...RULES, mayCompute: false };

  test("one of its cordon that computes anyway, and to no idle one, no spare and no new one", () => {
    const busy = slot({ load: 5 });
    expect(place([slot({ load: 0 }), slot({ cordon: null, load: 0 }), busy], 16, full)).toEqual({
      type: "slot",
      slot: busy,
    });
    expect(place([slot({ load: 0 }), slot({ cordon: null, load: 0 })], 16, full)).toBeNull();
    expect(place([], 16, full)).toBeNull();
    expect(place([slot({ load: 2, waits: 2 })], 16, full)).toBeNull();
  });
});

test("one cordon takes no more processes than are allowed to it, however much its runs wait", () => {
  const waiting = [slot({ load: 5, waits: 5 }), slot({ load: 6, waits: 6 })];
  expect(place(waiting, 16, { ...RULES, perCordon: 2 })).toEqual({ type: "slot", slot: waiting[0] });
  expect(place(waiting, 16, { ...RULES, perCordon: 3 })).toEqual({ type: "start", isFirst: false, else: waiting[0] });
});

describe("who makes room", () => {
  test("is the process that has been idle for longest", () => {
    const oldest = slot({ load: 0, idleSince: 5 });
    expect(longestIdle([slot({ load: 0, idleSince: 9 }), oldest, slot({ idleSince: 1 })])).toBe(oldest);
    expect(longestIdle([slot({})])).toBeNull();
  });

  test("is, where none is idle, one of the cordon that has most, and no more of them than cordons starve", () => {
    const most = [slot({ boundAt: 20 }), slot({ boundAt: 10 })];
    const slots = new Set([slot({ cordon: "b", boundAt: 0 }), ...most]);
    expect(findLeaver(slots, 1, 1_000)).toBe(most[1]);
    expect(findLeaver(new Set([...slots, slot({ draining: true })]), 1, 1_000)).toBeNull();
    // None has served its cordon for long enough.
    expect(findLeaver(slots, 1, 100)).toBeNull();
  });
});
