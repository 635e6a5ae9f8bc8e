// One provider for each tenant: asked for once, kept, closed along, and failing closed. And the warning that a durable store gives
// where its tenants would share their conversations.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, jest, test } from "@jest/globals";
import { openHandoffs, type HandoffsOptions } from "../../delivery/index.ts";
import type { Provider } from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { createVirtualTime } from "./virtual-time.ts";
import { beginRequest, eventually, freshId, recordRequest, scriptedProvider, transferRecord } from "./fixtures.ts";

const settings = { pollMs: 10 };
const open = (of: Partial<HandoffsOptions>) =>
  openHandoffs({ store: "memory:", settings, logger: { debug() {}, info() {}, warn() {}, error() {} }, ...of });
const delivers = () => scriptedProvider({ deliveries: [{ type: "delivered" }], transfers: [{ type: "accepted" }] });

describe("provider: (tenant) => …", () => {
  test("each tenant's hand-offs go to its own desk, which is asked for once and closed along", async () => {
    const desks = new Map<string, ReturnType<typeof delivers>>();
    const closed: string[] = [];
    const asked: string[] = [];
    const provider = async (tenant: string): Promise<Provider> => {
      asked.push(tenant);
      const desk = delivers();
      desks.set(tenant, desk);
      return { ...desk, close: async () => void closed.push(tenant) };
    };
    const handoffs = await open({ provider, relay: true });
    const rows = ["a", "b", "a", "b"].map((tenant) => recordRequest({ tenant }));
    for (const row of rows) await handoffs.record(row);
    for (const { intentId } of rows)
      await eventually(() => handoffs.outbox.show(intentId), (row) => row?.status === "delivered"); // prettier-ignore
    await handoffs.close();
    expect(asked.toSorted()).toEqual(["a", "b"]);
    expect(closed.toSorted()).toEqual(["a", "b"]);
    for (const [tenant, { delivered }] of desks) {
      expect(delivered).toHaveLength(2);
      expect(delivered.every((each) => each.tenant === tenant)).toBe(true);
    }
  });

  test.each([
    ["throws", () => { throw new Error("registry is away"); }], // prettier-ignore
    ["rejects", async () => { throw new Error("registry is away"); }], // prettier-ignore
    ["gives nothing", () => undefined],
    ["gives what is no provider", () => ({ deliver: "desk" })],
    ["gives one that cannot be prepared", () => ({ ...delivers(), prepare: async () => { throw new Error("no key"); } })], // prettier-ignore
  ])("where it %s, a hand-off waits and is tried again, and others' go on", async (_, fails) => {
    let broken = true;
    const desk = delivers();
    const provider = ((tenant: string) => (tenant === "bad" && broken ? fails() : desk)) as (t: string) => Provider;
    const handoffs = await open({ provider, relay: true });
    const [bad, good] = [recordRequest({ tenant: "bad" }), recordRequest({ tenant: "good" })];
    await handoffs.record(bad);
    await handoffs.record(good);
    await eventually(() => handoffs.outbox.show(good.intentId), (row) => row?.status === "delivered"); // prettier-ignore
    const row = await eventually(() => handoffs.outbox.show(bad.intentId), (seen) => (seen?.attempts ?? 0) > 0); // prettier-ignore
    expect(row).toMatchObject({ status: "waiting", code: "provider_unavailable" });
    broken = false;
    await handoffs.outbox.retry(bad.intentId);
    await eventually(() => handoffs.outbox.show(bad.intentId), (seen) => seen?.status === "delivered"); // prettier-ignore
    await handoffs.close();
    expect(desk.delivered.map(({ tenant }) => tenant).toSorted()).toEqual(["bad", "good"]);
  });

  test("where it fails or cannot transfer, the call is not transferred and surely nothing was sent", async () => {
    const provider = (tenant: string): Provider => {
      if (tenant === "bad") throw new Error("registry is away");
      return { name: "desk", deliver: async () => ({ type: "delivered" }) };
    };
    const handoffs = await open({ provider, relay: false });
    const signal = new AbortController().signal;
    for (const tenant of ["bad", "desk"]) {
      const request = transferRecord({ tenant });
      await handoffs.record(request);
      expect(await handoffs.fire(request.intentId, signal)).toBe("refused");
    }
    await handoffs.close();
  });
});

describe("a function that hangs", () => {
  test("has its calls refused, since nothing was sent, and is asked again once it has hung for long", async () => {
    const time = createVirtualTime();
    let asked = 0;
    const desk = delivers();
    const provider = async (): Promise<Provider> => ((asked += 1) === 1 ? new Promise(() => {}) : desk);
    const store = { ...createMemoryStore(), time: async () => time.now() };
    const handoffs = await open({ store, provider, relay: false, clock: time.clock, settings: { deliverMs: 30_000 } });
    const dial = async () => {
      const request = transferRecord({ tenant: "slow" });
      await handoffs.record(request);
      return time.until(handoffs.fire(request.intentId, new AbortController().signal));
    };
    expect(await dial()).toBe("refused");
    expect(await dial()).toBe("refused");
    expect(asked).toBe(1);
    await time.pass(30_000);
    expect(await dial()).toBe("accepted");
    expect(asked).toBe(2);
    await time.until(handoffs.close());
  });

  test("and answers in the end is kept, and one provider of several tenants is closed once", async () => {
    const time = createVirtualTime();
    const closed = jest.fn(async () => {});
    const desk = { ...delivers(), close: closed };
    const asked: string[] = [];
    const provider = async (tenant: string): Promise<Provider> => {
      asked.push(tenant);
      await time.clock.sleep(tenant === "slow" ? 10_000 : 1);
      return desk;
    };
    const store = { ...createMemoryStore(), time: async () => time.now() };
    const handoffs = await open({ store, provider, clock: time.clock, settings: { pollMs: 1000 } });
    const rows = ["slow", "quick"].map((tenant) => recordRequest({ tenant }));
    for (const row of rows) await handoffs.record(row);
    await time.pass(60_000);
    for (const { intentId } of rows)
      expect(await handoffs.outbox.show(intentId)).toMatchObject({ status: "delivered" });
    expect(asked.toSorted()).toEqual(["quick", "slow"]);
    await time.until(handoffs.close());
    expect(closed).toHaveBeenCalledTimes(1);
  });
});

describe("TENANT_DEFAULT", () => {
  const begin = (tenant: string) => beginRequest({ tenant, executionId: freshId("execution") });

  test("is logged once where a durable store is given the tenant default, and never for others", async () => {
    const warn = jest.fn();
    const folder = mkdtempSync(join(tmpdir(), "baton-default-"));
    const logger = { debug() {}, info() {}, warn, error() {} };
    const handoffs = await open({ store: `sqlite:${join(folder, "h.db")}`, logger });
    await handoffs.begin(begin("acme"));
    expect(warn).not.toHaveBeenCalled();
    await handoffs.begin(begin("default"));
    await handoffs.begin(begin("default"));
    await handoffs.close();
    rmSync(folder, { recursive: true });
    expect(warn.mock.calls).toEqual([[{ code: "TENANT_DEFAULT" }, expect.stringMatching(/give `tenant` to execute/)]]);
  });
});
