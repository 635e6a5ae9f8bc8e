// What tenants have under way: bytes of requests and open streams, each tenant within its own bounds and all within the node's.
import { expect, test } from "@jest/globals";
import { createUnderWay } from "../../service/under-way.ts";

const refusal = (work: () => unknown): unknown => {
  try {
    work();
    return null;
  } catch (error) {
    const { status, code } = error as { status: number; code: string };
    return [status, code];
  }
};
const FULL = [429, "QUEUE_FULL"];

test("a tenant holds so many bytes at once, one request of any size, and gives each back once", () => {
  const under = createUnderWay({ tenantBytes: 100 });
  const first = under.hold("a", 60);
  expect(refusal(() => under.hold("a", 41))).toEqual(FULL);
  const second = under.hold("a", 40);
  first();
  first();
  expect(refusal(() => under.hold("a", 61))).toEqual(FULL);
  second();
  under.hold("a", 1_000);
  expect(refusal(() => under.hold("a", 1))).toEqual(FULL);
});

test("where all hold as much as the node may, each tenant still has a little of its own", () => {
  const MIB = 1024 * 1024;
  const under = createUnderWay({ tenantBytes: 50 * MIB, bytes: 100 * MIB });
  under.hold("a", 50 * MIB);
  under.hold("b", 50 * MIB);
  under.hold("c", MIB);
  under.hold("c", MIB);
  expect(refusal(() => under.hold("c", 1))).toEqual(FULL);
  under.hold("d", 5 * MIB);
});

test("a tenant has so many streams open, and another as many", () => {
  const under = createUnderWay({ streams: 2 });
  const leave = under.listen("a");
  under.listen("a");
  expect(refusal(() => under.listen("a"))).toEqual(FULL);
  under.listen("b");
  leave();
  leave();
  under.listen("a");
  expect(refusal(() => under.listen("a"))).toEqual(FULL);
});
