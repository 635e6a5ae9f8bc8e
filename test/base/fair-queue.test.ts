import { expect, test } from "@jest/globals";
import { FairQueue } from "../../base/fair-queue.ts";

const filled = (queue: FairQueue<string>, ...items: readonly string[]): FairQueue<string> => {
  for (const item of items) queue.push(item[0]!, item);
  return queue;
};
function takeAll(queue: FairQueue<string>, admits: (item: string) => boolean = () => true): string[] {
  const taken: string[] = [];
  while (queue.takeNext((item) => admits(item) && taken.push(item) > 0));
  return taken;
}

test("tenants take turns, each in the order in which it came", () => {
  expect(takeAll(filled(new FairQueue<string>(9), "a1", "a2", "a3", "b1", "c1", "c2"))).toEqual([
    "a1",
    "b1",
    "c1",
    "a2",
    "c2",
    "a3",
  ]);
});

test("a tenant takes as many turns in a row as its weight says, and one at least", () => {
  const weights: Readonly<Record<string, number>> = { a: 2, b: 0 };
  const queue = new FairQueue<string>(9, (tenant) => weights[tenant] ?? 1);
  expect(takeAll(filled(queue, "a1", "a2", "a3", "b1", "b2", "c1"))).toEqual(["a1", "a2", "b1", "c1", "a3", "b2"]);
});

test("a full queue refuses its own tenant alone, and what was taken before is never refused", () => {
  const queue = filled(new FairQueue<string>(2), "a1", "a2");
  expect([queue.push("a", "a3"), queue.push("b", "b1")]).toEqual([false, true]);
  queue.pushFront("a", "a0");
  expect(takeAll(queue)).toEqual(["a0", "b1", "a1", "a2"]);
});

test("a tenant whose first cannot be placed keeps its turn and its order", () => {
  const queue = filled(new FairQueue<string>(9), "a1", "a2", "b1");
  expect(takeAll(queue, (item) => item !== "a1")).toEqual(["b1"]);
  expect(takeAll(queue)).toEqual(["a1", "a2"]);
  expect(queue.isEmpty).toBe(true);
});

test("what is removed is not taken, and a drained queue is empty", () => {
  const queue = filled(new FairQueue<string>(9), "a1", "b1", "b2");
  expect([queue.remove("a", "a1"), queue.remove("a", "a1"), queue.remove("z", "z1")]).toEqual([true, false, false]);
  const drained: string[] = [];
  queue.drain((item) => drained.push(item));
  expect(drained).toEqual(["b1", "b2"]);
  expect(queue.isEmpty).toBe(true);
});

test("what is urgent comes before the rest of its tenant's, and before other tenants but for one turn in five", () => {
  const queue = filled(new FairQueue<string>(9), "a1", "b1", "b2");
  for (const item of ["a2", "a3", "a4", "a5", "a6"]) queue.push("a", item, { urgent: true });
  queue.push("c", "c1", { urgent: true });
  expect(takeAll(queue)).toEqual(["a2", "c1", "a3", "a4", "b1", "a5", "a6", "b2", "a1"]);
});

test("what has waited too long is taken out, urgent or not, and the rest stays", () => {
  const queue = filled(new FairQueue<string>(9), "a1", "a2", "b1");
  queue.push("b", "b2", { urgent: true });
  expect(queue.expire((item) => ["a1", "b1", "b2"].includes(item))).toEqual(["a1", "b2", "b1"]);
  expect(takeAll(queue)).toEqual(["a2"]);
  expect(queue.isEmpty).toBe(true);
});

test("a weight that is none, and a function of the host's that throws, count as one turn", () => {
  for (const weightOf of [
    () => Number.NaN,
    () => -3,
    () => {
      throw new Error("the host's own");
    },
  ])
    expect(takeAll(filled(new FairQueue<string>(9, weightOf), "a1", "a2", "b1"))).toEqual(["a1", "b1", "a2"]);
});

test("a tenant has no more bytes waiting than it may, whatever was taken, removed or put back; one item of any size waits alone", () => {
  const queue = new FairQueue<string>(9, undefined, { of: (item) => item.length, most: 10 });
  expect([queue.push("a", "a".repeat(50)), queue.push("a", "a"), queue.push("b", "bbbbb"), queue.push("b", "BBBBB")]).toEqual([true, false, true, true]);
  expect(queue.push("b", "b", { urgent: true })).toBe(false);
  expect(takeAll(queue, (item) => item.startsWith("a"))).toHaveLength(1);
  expect(queue.push("a", "aaaaaaaaaa")).toBe(true);
  expect([queue.remove("b", "bbbbb"), queue.push("b", "bb", { urgent: true }), queue.push("b", "bbb"), queue.push("b", "b")]).toEqual([true, true, true, false]);
  queue.pushFront("b", "bbbb");
  expect(queue.expire((item) => item.startsWith("b"))).toEqual(["bb", "bbbb"]);
  expect([queue.push("b", "bb"), queue.push("b", "b")]).toEqual([true, false]);
}); // prettier-ignore
