import { expect, test } from "@jest/globals";
import { MIB, standSlot } from "./standing-worker.ts";

test("a slot begins what it held as soon as its process is ready, and keeps the host alive only while it holds runs", () => {
  const stand = standSlot();
  stand.slot.add(stand.run(1), { alone: false });
  expect(stand.worker.sent).toEqual(["configure"]);
  expect(stand.worker.held).toBe(true);
  stand.ready();
  expect(stand.worker.sent).toEqual(["configure", "script", "run"]);
  stand.end(1);
  stand.hear({ type: "freed", run: 1, missing: 0 });
  expect(stand.worker.held).toBe(false);
  expect(stand.news).toEqual(["ready", "ended 1 returned", "freed"]);
});

test("it serves the cordon of its first run, and is alone with a run for as long as that run is there", () => {
  const stand = standSlot();
  stand.ready();
  expect(stand.slot.cordon).toBeNull();
  stand.clock.now = 1_500;
  stand.slot.add(stand.run(1, { cordon: "a" }), { alone: true });
  expect([stand.slot.cordon, stand.slot.boundAt, stand.slot.isExclusive]).toEqual(["a", 1_500, true]);
  stand.end(1);
  expect(stand.slot.isIdle).toBe(false);
  stand.clock.now = 1_600;
  stand.hear({ type: "freed", run: 1, missing: 0 });
  expect([stand.slot.cordon, stand.slot.isIdle, stand.slot.isExclusive, stand.slot.idleSince]).toEqual([
    "a",
    true,
    false,
    1_600,
  ]);
});

test("what being stopped means is known to the slot: the reason that it was asked for", () => {
  for (const [reason, type] of [
    ["wall", "timed_out"],
    ["cancelled", "cancelled"],
    ["memory", "out_of_memory"],
  ] as const) {
    const stand = standSlot();
    stand.ready();
    const run = stand.run(1);
    stand.slot.add(run, { alone: false });
    stand.slot.stop(run, reason);
    stand.slot.stop(run, "cancelled");
    expect(stand.worker.sent.filter((sent) => sent === "stop")).toHaveLength(1);
    stand.end(1, { type: "stopped" });
    expect(stand.completions.get(1)!.end.type).toBe(type);
  }
});

test("frames that no worker of ours sends are refused: of nobody, of a run that had not ended, of isolates not asked for", () => {
  const stand = standSlot();
  stand.ready();
  expect(() => stand.hear({ type: "entered", run: 1 })).toThrow("without a run");
  expect(() => stand.hear({ type: "prepared", missing: 0 })).toThrow("not asked to prepare");
  stand.slot.add(stand.run(1), { alone: false });
  expect(() => stand.hear({ type: "freed", run: 1, missing: 0 })).toThrow("had not ended");
  const flood = (): void => {
    for (let sent = 0; sent < 10_000; sent++) stand.hear({ type: "entered", run: 1 });
  };
  expect(flood).toThrow("more frames");
});

test("a run that was not sent yet can be withdrawn, one that was cannot", () => {
  const stand = standSlot();
  const [first, second] = [stand.run(1), stand.run(2)];
  stand.slot.add(first, { alone: false });
  expect(stand.slot.withdraw(first)).toBe(true);
  expect(stand.slot.isIdle).toBe(true);
  stand.ready();
  stand.slot.add(second, { alone: false });
  expect(stand.slot.withdraw(second)).toBe(false);
});

test("memory is charged to the run whose turn it is, and what ended runs left is no fault of those who are still there", () => {
  const stand = standSlot();
  stand.ready();
  const [first, second] = [stand.run(1), stand.run(2)];
  stand.slot.add(first, { alone: false });
  stand.slot.add(second, { alone: false });
  stand.hear({ type: "entered", run: 2 });
  stand.slot.noteGrowth(10 * MIB);
  stand.hear({ type: "entered", run: 1 });
  stand.slot.noteGrowth(14 * MIB);
  stand.slot.noteGrowth(12 * MIB);
  expect([first.grownBytes, second.grownBytes]).toEqual([4 * MIB, 10 * MIB]);
  stand.end(1);
  // Until the ended run is gone only the cap of the whole process holds.
  expect(stand.slot.allowedBytes(14 * MIB, 64 * MIB, 10 * MIB)).toBe(1_024 * MIB);
  stand.hear({ type: "freed", run: 1, missing: 0 });
  expect(stand.slot.allowedBytes(14 * MIB, 64 * MIB, 10 * MIB)).toBe(68 * MIB);
});

test("what a slot shows cannot be written from outside", () => {
  const { slot } = standSlot();
  for (const key of ["cordon", "ready", "draining", "isExclusive", "wasShared", "idleSince", "boundAt", "lastEndedAt"])
    expect(Reflect.set(slot, key, "written")).toBe(false);
  expect(Object.keys(slot).toSorted()).toEqual(["image", "precedence", "startedAt", "weight", "worker"]);
});

test("a process that computes without a run beginning or ending is put after all others, and comes up again when it may", () => {
  const stand = standSlot();
  stand.ready();
  const computes = (ms: number): void => {
    stand.worker.cpuMs! += ms;
    stand.slot.precedence.look();
  };
  stand.slot.add(stand.run(1), { alone: false });
  stand.slot.add(stand.run(2), { alone: false });
  computes(0);
  computes(12);
  stand.hear({ type: "entered", run: 2 });
  computes(12);
  computes(12);
  expect([stand.worker.isLow, stand.slot.competes]).toEqual([false, true]);
  computes(6);
  expect([stand.worker.isLow, stand.slot.competes]).toEqual([true, false]);
  stand.slot.precedence.rank({ low: false });
  expect([stand.worker.isLow, stand.slot.precedence.isStuck]).toEqual([false, false]);
  computes(0);
  computes(0.2);
  expect([stand.slot.precedence.isResting, stand.slot.competes]).toEqual([true, false]);
  // Put after all others it gets no turn, which is seen after a while.
  stand.hear({ type: "entered", run: 1 });
  computes(0);
  computes(20);
  computes(0);
  expect([stand.worker.isLow, stand.slot.precedence.isStarved]).toEqual([true, false]);
  stand.clock.now += 200;
  computes(10);
  expect(stand.slot.precedence.isStarved).toBe(true);
  stand.slot.precedence.hurry();
  computes(20);
  expect([stand.worker.isLow, stand.slot.precedence.isStarved]).toEqual([false, false]);
  // A run that is to end is not starved meanwhile.
  stand.slot.precedence.hurry();
  computes(40);
  expect(stand.worker.isLow).toBe(false);
  stand.hear({ type: "entered", run: 1 });
  computes(0);
  stand.worker.mayBeRaised = false;
  computes(20);
  stand.slot.precedence.rank({ low: false });
  expect([stand.worker.isLow, stand.slot.precedence.isStuck]).toEqual([true, true]);
});
