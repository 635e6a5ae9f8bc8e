// What tenants have under way: bytes of requests and open streams, each tenant within its own bounds and all within the node's.
import { expect, test } from "@jest/globals";
import { accept } from "../../service/executions/accepted.ts";
import type { Request } from "../../service/executions/request.ts";
import type { Parts } from "../../service/parts.ts";
import type { Tenant } from "../../service/tenant.ts";
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

test("a request that was accepted is held until it has run, though its caller was answered", async () => {
  const ran = Promise.withResolvers<null>();
  let isThere = false;
  // Its tenant is not found once it is its turn, so that it has run at once.
  const parts = {
    underWay: createUnderWay({ tenantBytes: 100_000 }),
    store: { run: (operation: string) => Promise.resolve(operation === "beginRun" && isThere ? {} : null) },
    registry: { tenant: () => ran.promise },
    closed: new AbortController().signal,
    now: () => 0,
    node: "n",
  } as unknown as Parts;
  const ask = (id: string, chars = 30_000): Promise<unknown> => {
    const body = { context: { args: "x".repeat(chars) }, version: 1 };
    const request = { tenant: "a", action: "act", executionId: id, body } as unknown as Request;
    return accept(parts, request, { name: "a", actions: new Map([["act", {}]]) } as unknown as Tenant);
  };
  for (const id of ["1", "2", "3"]) await ask(id);
  await expect(ask("4")).rejects.toMatchObject({ status: 429, code: "QUEUE_FULL" });
  // A second request for what is under way holds nothing.
  isThere = true;
  for (let time = 0; time < 5; time++) await ask("1", 5_000);
  isThere = false;
  ran.resolve(null);
  await new Promise((resolve) => setImmediate(resolve));
  for (const id of ["5", "6", "7"]) await ask(id);
});
