// Whose turn it is, by a clock of the test's.
import { describe, expect, test } from "@jest/globals";
import { boundAfter, createPressure } from "../../service/executions/pressure.ts";
import { createScheduler, type Asking, type Scheduler } from "../../service/executions/scheduler.ts";

const asking = (tenant: string, more: Partial<Asking> = {}): Asking => ({
  tenant, phone: false, weight: 1, concurrent: 100, perSecond: null, deadline: null, signal: new AbortController().signal, ...more,
}); // prettier-ignore
const scheduler = (more: object = {}): Scheduler =>
  createScheduler({ concurrency: 1, queuePerTenant: 1000, queueMs: 60_000, ...more });

/** Fills the one place, has them all wait, and gives the place on: the order in which they came to run. */
async function orderOf(of: Scheduler, waiting: readonly Asking[]): Promise<string[]> {
  const leave = await of.enter(asking("first"));
  const order: string[] = [];
  const all = waiting.map(async (one) => {
    const over = await of.enter(one);
    order.push(one.phone ? `${one.tenant} phone` : one.tenant);
    queueMicrotask(over);
  });
  leave();
  await Promise.all(all);
  return order;
}

describe("tenants that wait", () => {
  test("take turns, however many runs one of them has waiting", async () => {
    const flood = Array.from({ length: 50 }, () => asking("flood"));
    const order = await orderOf(scheduler(), [...flood, asking("calm"), asking("calm")]);
    expect(order.indexOf("calm")).toBeLessThan(2);
    expect(order.lastIndexOf("calm")).toBeLessThan(5);
  });

  test("take turns by weight", async () => {
    const many = ["heavy", "light"].flatMap((tenant) =>
      Array.from({ length: 30 }, () => asking(tenant, { weight: tenant === "heavy" ? 3 : 1 })),
    );
    const order = await orderOf(scheduler(), many);
    const heavy = order.slice(0, 20).filter((tenant) => tenant === "heavy").length;
    expect(heavy).toBeGreaterThanOrEqual(13);
    expect(heavy).toBeLessThanOrEqual(16);
  });

  test("have their phone runs go first, and chat is not starved by them", async () => {
    const calls = Array.from({ length: 60 }, () => asking("calls", { phone: true }));
    const order = await orderOf(scheduler(), [asking("own"), asking("own", { phone: true }), ...calls, asking("chat")]);
    expect(order.indexOf("own phone")).toBeLessThan(order.indexOf("own"));
    expect(order.indexOf("chat")).toBeLessThan(10);
  });
});

describe("a run is refused, and none ran", () => {
  test("past the tenant's queue", async () => {
    const of = scheduler({ queuePerTenant: 2 });
    await of.enter(asking("a"));
    const waiting = [of.enter(asking("a")), of.enter(asking("a"))];
    await expect(of.enter(asking("a"))).rejects.toMatchObject({
      status: 429,
      code: "QUEUE_FULL",
      extras: { retryAfter: 1 },
    });
    expect(of.waiting).toBe(2);
    of.close();
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: "DRAINING" });
  });

  test("past its rate, and served again once a token is back", async () => {
    let now = 0;
    const of = scheduler({ concurrency: 10, now: () => now });
    const rated = asking("a", { perSecond: 2 });
    await of.enter(rated);
    await of.enter(rated);
    await expect(of.enter(rated)).rejects.toMatchObject({ status: 429, code: "RATE_LIMITED" });
    now += 500;
    await of.enter(rated);
    await expect(of.enter(rated)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });

  test("after the deadline, after the queue's own, and when it is withdrawn", async () => {
    const of = scheduler({ queueMs: 40 });
    await of.enter(asking("a"));
    const stop = new AbortController();
    const late = of.enter(asking("b", { deadline: Date.now() + 10 }));
    const long = of.enter(asking("c"));
    const gone = of.enter(asking("d", { signal: stop.signal }));
    stop.abort();
    await expect(gone).rejects.toMatchObject({ code: "EXECUTION_CANCELLED" });
    await expect(late).rejects.toMatchObject({ status: 504, code: "DEADLINE_PASSED" });
    await expect(long).rejects.toMatchObject({ status: 429, code: "QUEUE_TIMEOUT" });
    expect(of.waiting).toBe(0);
  });

  test("once it is closed, what waits included", async () => {
    const of = scheduler();
    await of.enter(asking("a"));
    const waits = of.enter(asking("b"));
    of.close();
    await expect(waits).rejects.toMatchObject({ status: 503, code: "DRAINING" });
    await expect(of.enter(asking("c"))).rejects.toMatchObject({ status: 503 });
  });
});

test("a tenant's own bound holds while there is room", async () => {
  const of = scheduler({ concurrency: 10 });
  const leave = await of.enter(asking("a", { concurrent: 1 }));
  let second = false;
  const waits = of.enter(asking("a", { concurrent: 1 })).then(() => (second = true));
  await of.enter(asking("b"));
  expect([second, of.running]).toEqual([false, 2]);
  leave();
  await waits;
  expect(of.running).toBe(2);
});

describe("a node that is late", () => {
  const OF = { least: 4, most: 64 };

  test("gives each tenant fewer places, by parts, and gives them back one by one", () => {
    let bound = 64;
    for (const late of [50, 50, 50]) bound = boundAfter(bound, late, OF);
    expect(bound).toBe(32);
    for (let n = 0; n < 40; n += 1) bound = boundAfter(bound, 50, OF);
    expect(bound).toBe(4);
    bound = boundAfter(bound, 0, OF);
    expect(bound).toBe(5);
    for (let n = 0; n < 100; n += 1) bound = boundAfter(bound, 0, OF);
    expect(bound).toBe(64);
  });

  test("bounds tenants that share it, and no tenant that is alone", async () => {
    const pressure = createPressure({ ...OF, onMore: () => {} });
    try {
      const block = async (): Promise<void> => {
        for (let n = 0; n < 30; n += 1) {
          const until = performance.now() + 25;
          while (performance.now() < until);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      pressure.asked("flood");
      await block();
      pressure.asked("flood");
      expect(pressure.bound()).toBe(Infinity);
      pressure.asked("calm");
      expect(pressure.bound()).toBeLessThan(64);
      expect(pressure.bound()).toBeGreaterThanOrEqual(4);
    } finally {
      pressure.close();
    }
  });

  test("has the runs past the bound wait, and takes them as it grows", async () => {
    let bound = 2;
    const of = scheduler({ concurrency: 64, pressure: { asked: () => {}, bound: () => bound } });
    const ran: number[] = [];
    const taken = (n: number) =>
      of.enter(asking("flood")).then(
        () => ran.push(n),
        () => {},
      );
    for (let n = 0; n < 5; n += 1) void taken(n);
    const calm = await of.enter(asking("calm"));
    await Promise.resolve();
    expect([ran, of.waiting]).toEqual([[0, 1], 3]);
    bound = 4;
    of.look();
    await new Promise((resolve) => setImmediate(resolve));
    expect([ran, of.waiting]).toEqual([[0, 1, 2, 3], 1]);
    calm();
    of.close();
  });
});
