// How long a hand-off is tried, what becomes of it then, and what an answer of a provider is. Time is simulated: a day takes no time.
import { describe, expect, test } from "@jest/globals";
import {
  openHandoffs,
  Unreached,
  type DeadLetter,
  type DeliveryResult,
  type DurableHandoffs,
  type HandoffsOptions,
  type Provider,
} from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { recordRequest, scriptedProvider, transferRecord } from "./fixtures.ts";
import { createVirtualTime } from "./virtual-time.ts";

const HOUR = 3_600_000;
const POLL_MS = 30_000;
/** Each look at the store is a step of the simulation: a day has to be few of them. */
const SLOW = { pollMs: POLL_MS, executionLeaseMs: HOUR };
const never = new AbortController().signal;
type Line = { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string };

async function desk(provider: Provider, options: Partial<HandoffsOptions> = {}) {
  const time = createVirtualTime();
  const store = { ...createMemoryStore(), time: async () => time.now() };
  const lines: Line[] = [];
  const keep = (level: string) => (fields: unknown, message?: string) =>
    void lines.push({ level, fields: fields as Line["fields"], message: message ?? "" });
  const logger = { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
  const settings = { ...SLOW, ...options.settings };
  const handoffs = await openHandoffs({ store, provider, clock: time.clock, logger, ...options, settings });
  return { ...time, handoffs, lines, at: (level: string) => lines.filter((line) => line.level === level) };
}
const failing = (result: DeliveryResult | Error) => scriptedProvider({ deliveries: [result] });
const statusOf = async (handoffs: DurableHandoffs, intentId: string) => (await handoffs.outbox.show(intentId))?.status;

describe("a hand-off whose receiver fails", () => {
  test("is tried for a day with growing pauses of at most a quarter of an hour, and is a dead letter then", async () => {
    const times: number[] = [];
    const provider: Provider = {
      name: "down",
      async deliver() {
        times.push(now());
        return { type: "retry", code: "webhook_404" };
      },
    };
    const { handoffs, pass, now, at } = await desk(provider);
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(23 * HOUR);
    expect(await statusOf(handoffs, claim.intentId)).toBe("waiting");
    const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
    // A poll comes on top of each.
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15 * 60_000 + POLL_MS);
    expect(pauses[0]).toBeLessThanOrEqual(1000 + POLL_MS);
    expect(new Set(pauses.slice(-40)).size).toBeGreaterThan(5);
    await pass(2 * HOUR);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "webhook_404" });
    expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThanOrEqual(24 * HOUR);
    const { tenant, conversationId, intentId } = claim;
    expect(at("error")).toMatchObject([{ fields: { tenant, conversationId, intentId, code: "webhook_404" } }]);
    await handoffs.close();
  });

  test("and is tried for another day after an operator's retry", async () => {
    const { handoffs, pass } = await desk(failing({ type: "retry", code: "x" }));
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(25 * HOUR);
    expect(await statusOf(handoffs, claim.intentId)).toBe("dead");
    await handoffs.outbox.retry(claim.intentId);
    await pass(23 * HOUR);
    expect(await statusOf(handoffs, claim.intentId)).toBe("waiting");
    await pass(2 * HOUR);
    expect(await statusOf(handoffs, claim.intentId)).toBe("dead");
    await handoffs.close();
  });

  test("is not given up unasked where no relay ran for a day", async () => {
    const provider = failing({ type: "delivered" });
    const { handoffs, pass } = await desk(provider, { relay: false });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(48 * HOUR);
    handoffs.start();
    await pass(1000 + POLL_MS);
    expect(await statusOf(handoffs, claim.intentId)).toBe("delivered");
    await handoffs.close();
  });

  describe("is given up by no process that has only come", () => {
    /** Tried for a while, and then a weekend passes without any process. */
    async function afterAWeekend(provider: Provider) {
      const time = createVirtualTime();
      const store = { ...createMemoryStore(), time: async () => time.now() };
      const open = () => openHandoffs({ store, provider, clock: time.clock, settings: SLOW });
      const before = await open();
      const claim = recordRequest();
      await before.record(claim);
      await time.pass(HOUR);
      await time.until(before.close());
      await time.pass(60 * HOUR);
      return { ...time, claim, handoffs: await open() };
    }

    test("the desk that comes back a few minutes after it gets its hand-offs", async () => {
      let isUp = false;
      const provider: Provider = {
        name: "desk",
        deliver: async () => (isUp ? { type: "delivered" } : { type: "retry", code: "down" }),
      };
      const { handoffs, claim, pass } = await afterAWeekend(provider);
      await pass(5 * 60_000);
      expect(await statusOf(handoffs, claim.intentId)).toBe("waiting");
      isUp = true;
      await pass(3 * 60_000);
      expect(await statusOf(handoffs, claim.intentId)).toBe("delivered");
      await handoffs.close();
    });

    test("and one that does not come back has its dead letters after a quarter of an hour", async () => {
      const { handoffs, claim, pass } = await afterAWeekend(failing({ type: "retry", code: "down" }));
      await pass(15 * 60_000);
      expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "down" });
      await handoffs.close();
    });

    test("nor by one whose clock is set two days ahead", async () => {
      const time = createVirtualTime();
      let ahead = 0;
      const clock = { ...time.clock, now: () => time.now() + ahead };
      const provider = failing({ type: "retry", code: "down" });
      const handoffs = await openHandoffs({ store: "memory:", provider, clock, settings: SLOW });
      const claim = recordRequest();
      await handoffs.record(claim);
      await time.pass(HOUR);
      ahead = 48 * HOUR;
      await time.pass(5 * 60_000);
      expect(await statusOf(handoffs, claim.intentId)).toBe("waiting");
      await time.pass(HOUR);
      expect(await statusOf(handoffs, claim.intentId)).toBe("dead");
      await handoffs.close();
    });
  });

  test.each([
    ["deliverForMs", { deliverForMs: 60_000 }],
    ["maxAttempts", { maxAttempts: 3 }],
  ])("is given up after %s", async (_, settings) => {
    const provider = failing({ type: "retry", code: "x" });
    const { handoffs, pass } = await desk(provider, { settings });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(600_000);
    expect(await statusOf(handoffs, claim.intentId)).toBe("dead");
    if ("maxAttempts" in settings) expect(provider.delivered).toHaveLength(3);
    await handoffs.close();
  });

  test("ends also where each attempt takes its process down: attempts count before the provider is asked", async () => {
    const rows = createMemoryStore();
    let lost = true;
    // The process that leases never comes to settle.
    const store = {
      ...rows,
      run: ((name: "settle", input: never) =>
        name === "settle" && lost ? Promise.reject(new Error("died")) : rows.run(name, input)) as typeof rows.run,
    };
    const provider = failing({ type: "retry", code: "x" });
    const time = createVirtualTime();
    const settings = { ...SLOW, deliverForMs: HOUR, maxAttempts: 5 };
    const handoffs = await openHandoffs({ store, provider, clock: time.clock, settings });
    const claim = recordRequest();
    await handoffs.record(claim);
    await time.pass(HOUR);
    lost = false;
    await time.pass(HOUR);
    expect(provider.delivered).toHaveLength(5);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "attempts_spent" });
    await handoffs.close();
  });
});

describe("the log", () => {
  test("has the first failure of a row at warn, its recovery, and not every attempt", async () => {
    const provider = scriptedProvider({
      deliveries: [{ type: "retry", code: "a" }, { type: "retry", code: "b" }, { type: "delivered" }],
    });
    const { handoffs, pass, at } = await desk(provider);
    const claim = recordRequest({ reason: "the reason", phoneDestination: null });
    await handoffs.record(claim);
    await pass(5 * 60_000);
    const { tenant, conversationId, intentId } = claim;
    expect(at("warn")).toMatchObject([{ fields: { tenant, conversationId, intentId, code: "a" } }]);
    expect(at("info")).toMatchObject([{ fields: { tenant, conversationId, intentId, attempts: 3 } }]);
    expect(at("error")).toEqual([]);
    await handoffs.close();
  });

  test("is not drowned by a hundred rows that fail together, and says how many lines it left out", async () => {
    const { handoffs, pass, at } = await desk(failing({ type: "retry", code: "down" }));
    for (let each = 0; each < 100; each += 1) await handoffs.record(recordRequest());
    await pass(30_000);
    expect(at("warn")).toHaveLength(20);
    await pass(100_000);
    await handoffs.record(recordRequest());
    // Its first attempt may have to wait for the next poll.
    await pass(5000 + POLL_MS);
    expect(at("warn").at(-1)).toMatchObject({ fields: { leftOut: 80 } });
    await handoffs.close();
  });
});

test("what becomes of a delivery is told to whoever subscribed to the store's events, by ids and codes", async () => {
  const provider = scriptedProvider({
    deliveries: [{ type: "retry", code: "webhook_503" }, { type: "delivered" }, { type: "dead", code: "webhook_410" }],
  });
  const { handoffs, pass } = await desk(provider);
  const heard: unknown[] = [];
  const end = handoffs.events?.subscribe((event) => heard.push(event));
  const first = recordRequest();
  await handoffs.record(first);
  await pass(HOUR);
  const second = recordRequest();
  await handoffs.record(second);
  await pass(HOUR);
  end?.();
  expect(heard).toMatchObject([
    { event: "delivery.failed", intentId: first.intentId, code: "webhook_503", attempts: 1 },
    { event: "delivery.recovered", intentId: first.intentId, attempts: 2 },
    { event: "delivery.dead", intentId: second.intentId, code: "webhook_410", told: false },
  ]);
  expect(JSON.stringify(heard)).not.toContain(String(first.reason));
});

describe("onDead", () => {
  test("is told of a dead letter, with what a second provider needs, and the row stays dead", async () => {
    const letters: DeadLetter[] = [];
    const provider = failing({ type: "dead", code: "webhook_410" });
    const { handoffs, pass, at } = await desk(provider, { onDead: (letter) => void letters.push(letter) });
    const claim = recordRequest({ reason: "help" });
    await handoffs.record(claim);
    await pass(2000);
    const { tenant, conversationId, intentId } = claim;
    expect(letters).toMatchObject([{ tenant, conversationId, intentId, reason: "help", code: "webhook_410" }]);
    expect(await handoffs.outbox.show(intentId)).toMatchObject({ status: "dead", code: "webhook_410" });
    expect(at("error")).toHaveLength(1);
    await handoffs.close();
  });

  test("may hand it to a second provider: what that one delivers is delivered", async () => {
    const second = scriptedProvider({});
    const { handoffs, pass, at } = await desk(failing({ type: "dead", code: "x" }), {
      onDead: (letter, signal) => second.deliver?.(letter, signal),
    });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(2000);
    expect(second.delivered).toHaveLength(1);
    expect(await statusOf(handoffs, claim.intentId)).toBe("delivered");
    expect(at("error")).toEqual([]);
    await handoffs.close();
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", async () => Promise.reject(new Error("broken"))],
    ["never answers", () => new Promise(() => {})],
    ["gives nonsense", () => "delivered"],
  ])("that %s changes nothing: the row is dead, and logged", async (_, onDead) => {
    const { handoffs, pass, at } = await desk(failing({ type: "dead", code: "x" }), { onDead });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(60_000);
    expect(await statusOf(handoffs, claim.intentId)).toBe("dead");
    expect(at("error").at(-1)).toMatchObject({ fields: { intentId: claim.intentId } });
    await handoffs.close();
  });

  test("is told of a transfer that is unknown for good, because its provider cannot be asked", async () => {
    const letters: DeadLetter[] = [];
    const provider = scriptedProvider({ transfers: [{ type: "unknown", code: "provider_503" }] });
    const { handoffs, pass, at } = await desk(provider, { onDead: (letter) => void letters.push(letter) });
    const [asked, died] = [transferRecord(), transferRecord()];
    await handoffs.record(asked);
    expect(await handoffs.fire(asked.intentId, never)).toBe("unknown");
    await pass(1000);
    expect(letters).toMatchObject([{ intentId: asked.intentId, state: "transfer_unknown", code: "provider_503" }]);
    expect(at("error")).toHaveLength(1);
    await handoffs.record(died);
    await handoffs.close();
  });
});

describe("an answer that is none", () => {
  test.each([
    ["true", true],
    ["a word", "delivered"],
    ["another type", { type: "ok" }],
    ["nothing", undefined],
    ["null", null],
    ["a retry without a code", { type: "retry" }],
    ["a wait that is no number", { type: "retry", code: "x", afterMs: Number.NaN }],
    [
      "a getter that throws",
      {
        get type(): string {
          throw new Error("no");
        },
      },
    ],
  ])("%s counts as a failure that names the provider, and the row ends", async (_, answer) => {
    let asked = 0;
    const provider: Provider = {
      name: "desk",
      deliver: async () => {
        asked += 1;
        return answer as DeliveryResult;
      },
    };
    const { handoffs, pass } = await desk(provider, { settings: { maxAttempts: 4 } });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(10_000);
    await pass(HOUR);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "dead", code: "desk_answer_invalid" });
    expect(asked).toBe(4);
    await handoffs.close();
  });

  test.each([
    ["to a transfer is unknown", true, "unknown", "transfer_unknown"],
    ["nothing", undefined, "unknown", "transfer_unknown"],
    ["thrown before anything was sent is refused", new Unreached("ENOTFOUND"), "refused", "transfer_failed"],
    ["thrown later is unknown", new Error("socket hang up"), "unknown", "transfer_unknown"],
  ])("%s", async (_, answer, result, state) => {
    const provider: Provider = {
      name: "carrier",
      async transfer() {
        if (Error.isError(answer)) throw answer;
        return answer as never;
      },
    };
    const { handoffs } = await desk(provider, { relay: false });
    const claim = transferRecord();
    await handoffs.record(claim);
    expect(await handoffs.fire(claim.intentId, never)).toBe(result);
    expect(await handoffs.getConversation(claim)).toMatchObject({ state });
    await handoffs.close();
  });

  test("is no error whose own name cannot be read: each part of a provider may throw it, and the process lives", async () => {
    const hostile = Object.defineProperty(new Error("of an SDK"), "name", {
      get(): string {
        throw new Error("no name");
      },
    });
    const fail = () => Promise.reject(hostile);
    const provider: Provider = { name: "desk", deliver: fail, transfer: fail, reconcile: fail, close: fail };
    const given: unknown[] = [];
    const onDead = async (letter: unknown): Promise<never> => {
      given.push(letter);
      throw hostile;
    };
    const { handoffs, pass } = await desk(provider, { settings: { maxAttempts: 2 }, onDead });
    const [claim, call] = [recordRequest(), transferRecord({ conversationId: "on the phone" })];
    await handoffs.record(claim);
    await handoffs.record(call);
    expect(await handoffs.fire(call.intentId, never)).toBe("unknown");
    await pass(HOUR);
    for (const { intentId } of [claim, call])
      expect(await handoffs.outbox.show(intentId)).toMatchObject({ status: "dead", code: "provider_threw" });
    expect(given).toHaveLength(2);
    await handoffs.close();
  });

  test("whose remark cannot be read is an answer all the same", async () => {
    const answer = {
      type: "delivered",
      get code(): string {
        throw new Error("no");
      },
    } as const;
    const { handoffs, pass } = await desk({ name: "desk", deliver: async () => answer });
    const claim = recordRequest();
    await handoffs.record(claim);
    await pass(1000);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ status: "delivered", attempts: 1 });
    await handoffs.close();
  });

  test("to a question stays unknown, and the row ends after the questions", async () => {
    const provider = {
      ...scriptedProvider({ transfers: [{ type: "unknown", code: "x" }] }),
      reconcile: async () => "yes" as never,
    };
    const { handoffs, pass } = await desk(provider);
    const claim = transferRecord();
    await handoffs.record(claim);
    await handoffs.fire(claim.intentId, never);
    await pass(3 * HOUR);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({
      status: "dead",
      code: "scripted_answer_invalid",
    });
    await handoffs.close();
  });
});
