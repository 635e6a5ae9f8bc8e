// The other end of the webhook: what it takes, once, and what it answers while a handler is at work.
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import {
  createReceiver,
  createSeenIds,
  webhookProvider,
  type HandoffDelivery,
  type SeenIds,
} from "../../delivery/index.ts";
import { memorySeenIds } from "../../delivery/providers/seen-events.ts";

const OLD = `whsec_${Buffer.alloc(24, "old").toString("base64")}`;
const NEW = `whsec_${Buffer.alloc(32, "new").toString("base64")}`;
const open = (): AbortSignal => AbortSignal.timeout(5000);
const handoff: HandoffDelivery = {
  intentId: "intent-1",
  tenant: "acme",
  conversationId: "conversation",
  epoch: 2,
  executionId: "execution",
  reason: "Fraud 💬",
  code: null,
  call: null,
  recordedAt: "2026-01-01T00:00:00.000Z",
  ageMs: 0,
  sentAt: new Date().toISOString(),
  attempt: 1,
};
type Message = { readonly headers: Record<string, string>; readonly body: string };

async function sent(secrets = [NEW], of: Partial<HandoffDelivery> = {}, transfer = false): Promise<Message> {
  let message: Message | null = null;
  const provider = webhookProvider({
    url: "https://desk.example/hook",
    secrets,
    transfers: true,
    send: async ({ headers, body = "" }) => {
      message = { headers: { ...headers }, body };
      return { status: 204, headers: {}, body: "" };
    },
  });
  if (transfer) await provider.transfer?.({ ...handoff, ...of, phoneDestination: "+15551234567" }, open());
  else await provider.deliver?.({ ...handoff, ...of }, open());
  if (message === null) throw new Error("Nothing was sent.");
  return message;
}
const invalid = (reason: string) => ({ type: "invalid", reason });

describe("an event", () => {
  test("is new, then being handled, then done", async () => {
    const { headers, body } = await sent();
    const receiver = createReceiver({ secrets: [OLD, NEW] });
    const first = await receiver.receive(headers, body);
    expect(first).toMatchObject({ type: "event", event: { data: { intentId: "intent-1" } } });
    const second = await receiver.receive(headers, body);
    expect(second).toEqual({ type: "in_progress", id: expect.any(String), retryAfterSeconds: 60 });
    if (first.type === "event") await first.done();
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "duplicate" });
  });

  test("whose handler failed is an event again at the next attempt", async () => {
    const { headers, body } = await sent();
    const receiver = createReceiver({ secrets: [NEW] });
    const first = await receiver.receive(headers, body);
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "in_progress" });
    if (first.type === "event") await first.release();
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "event" });
  });

  test("whose handler never said anything is an event again once its lease is over", async () => {
    const { headers, body } = await sent();
    let now = 0;
    const receiver = createReceiver({ secrets: [NEW], leaseMs: 40, seen: memorySeenIds(10, () => now) });
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "event" });
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "in_progress", retryAfterSeconds: 1 });
    now = 39;
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "in_progress" });
    now = 40;
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "event" });
  });

  test("that outlived its lease takes nothing from the attempt that followed it, however it ends", async () => {
    const { headers, body } = await sent();
    let now = 0;
    const receiver = createReceiver({ secrets: [NEW], leaseMs: 20, seen: memorySeenIds(10, () => now) });
    const late = await receiver.receive(headers, body);
    await sleep(25);
    now = 20;
    const second = await receiver.receive(headers, body);
    if (late.type !== "event" || second.type !== "event") throw new Error("Both are events.");
    // The first fails while the second is at work, and once more when that is done.
    await late.release();
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "in_progress" });
    await second.done();
    await late.release();
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "duplicate" });
  });

  test("is handled once however many attempts meet, and a sender is told to come again meanwhile", async () => {
    const { headers, body } = await sent();
    const receiver = createReceiver({ secrets: [NEW] });
    const slow = Promise.withResolvers<void>();
    let handled = 0;
    const handler = async () => {
      handled += 1;
      await slow.promise;
    };
    const first = receiver.handle(headers, body, handler);
    const during = await receiver.handle(headers, body, handler);
    expect(during).toMatchObject({ status: 503, headers: { "retry-after": "60" } });
    slow.resolve();
    expect(await first).toMatchObject({ status: 204, received: { type: "event" } });
    expect(await receiver.handle(headers, body, handler)).toMatchObject({
      status: 204,
      received: { type: "duplicate" },
    });
    expect(handled).toBe(1);
  });

  test("whose handler throws is answered 500, and handled at the next attempt", async () => {
    const { headers, body } = await sent();
    const receiver = createReceiver({ secrets: [NEW] });
    const error = new Error("the desk is down");
    const failed = await receiver.handle(headers, body, () => {
      throw error;
    });
    expect(failed).toMatchObject({ status: 500, error });
    expect(await receiver.handle(headers, body, () => {})).toMatchObject({ status: 204, received: { type: "event" } });
    expect(await receiver.handle(headers, `${body} `, () => {})).toMatchObject({ status: 400 });
  });

  test("of a failed transfer is another than that of the hand-off that follows it", async () => {
    const receiver = createReceiver({ secrets: [NEW] });
    const transfer = await sent([NEW], {}, true);
    const standard = await sent();
    expect(await receiver.handle(transfer.headers, transfer.body, () => {})).toMatchObject({ status: 204 });
    expect(await receiver.receive(standard.headers, standard.body)).toMatchObject({ type: "event" });
    // Forgetting the one leaves the other, whose copy would dial again.
    await receiver.forget("intent-1");
    expect(await receiver.receive(standard.headers, standard.body)).toMatchObject({ type: "event" });
    expect(await receiver.receive(transfer.headers, transfer.body)).toMatchObject({ type: "duplicate" });
  });
});

describe("what arrives", () => {
  test.each([
    ["a plain object", (headers: Record<string, string>) => headers],
    [
      "one in capitals",
      (h: Record<string, string>) => Object.fromEntries(Object.entries(h).map(([k, v]) => [k.toUpperCase(), v])),
    ],
    ["lists of one", (h: Record<string, string>) => Object.fromEntries(Object.entries(h).map(([k, v]) => [k, [v]]))],
    ["Headers", (headers: Record<string, string>) => new Headers(headers)],
    ["a Map", (headers: Record<string, string>) => new Map(Object.entries(headers))],
    ["pairs", (headers: Record<string, string>) => Object.entries(headers)],
  ])("may have its headers in %s", async (_, shape) => {
    const { headers, body } = await sent();
    expect(await createReceiver({ secrets: [NEW] }).receive(shape(headers) as never, body)).toMatchObject({
      type: "event",
    });
  });

  test.each([
    ["a Buffer", (body: string) => Buffer.from(body)],
    ["a Uint8Array", (body: string) => new TextEncoder().encode(body)],
    [
      "a view of a larger buffer",
      (body: string) => new Uint8Array([1, ...new TextEncoder().encode(body), 2]).subarray(1, -1),
    ],
    ["an ArrayBuffer", (body: string) => new TextEncoder().encode(body).buffer],
  ])("may have its body in %s", async (_, shape) => {
    const { headers, body } = await sent();
    const received = await createReceiver({ secrets: [NEW] }).receive(headers, shape(body) as never);
    expect(received).toMatchObject({ type: "event", event: { data: { reason: "Fraud 💬" } } });
  });

  test("is refused where it is no message of ours", async () => {
    const { headers, body } = await sent();
    const receiver = createReceiver({ secrets: [NEW] });
    expect(await createReceiver({ secrets: [OLD] }).receive(headers, body)).toEqual(invalid("signature"));
    expect(await receiver.receive(headers, `${body} `)).toEqual(invalid("signature"));
    for (const nothing of [{}, null, undefined, 7, "x", [], new Map()])
      expect(await receiver.receive(nothing as never, body)).toEqual(invalid("headers"));
    for (const nothing of [null, undefined, {}, JSON.parse(body)])
      expect(await receiver.receive(headers, nothing as never)).toEqual(invalid("body"));
    for (const off of [3_600_000, -3_600_000, Number.NaN]) {
      const late = createReceiver({ secrets: [NEW], now: () => Date.now() + off });
      expect(await late.receive(headers, body)).toEqual(invalid("too_old"));
    }
  });

  test("is refused where it is signed and yet no event, in UTF-8 or not", async () => {
    const receiver = createReceiver({ secrets: [NEW] });
    const seconds = String(Math.floor(Date.now() / 1000));
    const key = Buffer.from(NEW.slice("whsec_".length), "base64");
    for (const body of [
      Buffer.from("{}"),
      Buffer.from("no json"),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('{"id":"x"}'),
    ]) {
      const mac = createHmac("sha256", key).update(`x.${seconds}.`).update(body).digest("base64");
      const headers = { "webhook-id": "x", "webhook-timestamp": seconds, "webhook-signature": `v1,${mac}` };
      expect(await receiver.receive(headers, body)).toEqual(invalid("body"));
    }
  });

  test("was forged, played back under another id, or signed with a secret that is no longer held", async () => {
    const { headers, body } = await sent([NEW, OLD]);
    const rotated = createReceiver({ secrets: [NEW] });
    const [newest = "", oldest = ""] = String(headers["webhook-signature"]).split(" ");
    const signed = (signature: string) => rotated.receive({ ...headers, "webhook-signature": signature }, body);
    for (const forged of [
      oldest,
      newest.replace("v1,", "v2,"),
      newest.slice(3),
      "v1,",
      `${newest}x`.replace("v1,", "v1a,"),
    ])
      expect(await signed(forged)).toEqual(invalid("signature"));
    expect(await rotated.receive({ ...headers, "webhook-id": "intent-2" }, body)).toEqual(invalid("signature"));
    const soon = String(Number(headers["webhook-timestamp"]) + 1);
    expect(await rotated.receive({ ...headers, "webhook-timestamp": soon }, body)).toEqual(invalid("signature"));
    const twice = { ...headers, "webhook-id": ["intent-1", "intent-1"] };
    expect(await rotated.receive(twice, body)).toEqual(invalid("headers"));
    const twiceInAnyCase = [...Object.entries(headers), ["Webhook-Id", "other"] as const];
    expect(await rotated.receive(twiceInAnyCase, body)).toEqual(invalid("headers"));
    expect(await rotated.receive(headers, body)).toMatchObject({ type: "event" });
  });
});

describe("a store of seen ids", () => {
  test("of the host's own is asked for a lease, and told how it ended", async () => {
    const { headers, body } = await sent();
    const said: string[] = [];
    const own = createSeenIds();
    const seen: SeenIds = {
      claim: async (id, leaseMs) => (said.push(`claim ${leaseMs}`), own.claim(id, leaseMs)),
      done: async (id) => (said.push("done"), own.done(id)),
      release: async (id) => (said.push("release"), own.release(id)),
    };
    const receiver = createReceiver({ secrets: [NEW], seen, leaseMs: 5000 });
    await receiver.handle(headers, body, () => Promise.reject(new Error("no")));
    await receiver.handle(headers, body, () => {});
    expect(said).toEqual(["claim 5000", "release", "claim 5000", "done"]);
  });

  test("that answers nonsense loses nothing: the sender is told to come again", async () => {
    const { headers, body } = await sent();
    for (const nonsense of [true, undefined, null, {}, "new"]) {
      const seen = { claim: () => nonsense as never, done() {}, release() {} };
      const received = await createReceiver({ secrets: [NEW], seen }).receive(headers, body);
      expect(received).toMatchObject({ type: "in_progress", retryAfterSeconds: 60 });
    }
  });

  test("that is away has the sender come again before the handler ran, and not after it", async () => {
    const { headers, body } = await sent();
    const away = new Error("the store is away");
    const fails = () => Promise.reject(away);
    const well = { claim: () => "claimed" as const, done() {}, release() {} };
    let handled = 0;
    const handler = () => void (handled += 1);
    const before = createReceiver({ secrets: [NEW], seen: { ...well, claim: fails } });
    expect(await before.handle(headers, body, handler)).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      received: { type: "in_progress" },
      error: away,
    });
    expect(handled).toBe(0);
    const after = createReceiver({ secrets: [NEW], seen: { ...well, done: fails } });
    expect(await after.handle(headers, body, handler)).toMatchObject({ status: 204, error: away });
    expect(handled).toBe(1);
    const broken = new Error("no ticket");
    const neither = createReceiver({ secrets: [NEW], seen: { ...well, release: fails } });
    expect(await neither.handle(headers, body, () => Promise.reject(broken))).toMatchObject({
      status: 500,
      error: broken,
    });
    // Without a handler the caller learns it.
    await expect(before.receive(headers, body)).rejects.toBe(away);
  });

  test("in memory forgets the oldest that are done, and none that is being handled", async () => {
    const seen = createSeenIds(2);
    expect(seen.claim("open", 1000)).toBe("claimed");
    for (const id of ["a", "b", "c"]) {
      expect(seen.claim(id, 1000)).toBe("claimed");
      await seen.done(id);
    }
    expect(seen.claim("a", 1000)).toBe("claimed");
    expect(seen.claim("c", 1000)).toBe("done");
    expect(seen.claim("open", 1000)).toMatchObject({ inProgressForMs: expect.any(Number) });
  });
});
