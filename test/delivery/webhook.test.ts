import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import {
  checkProvider,
  combineProviders,
  consoleProvider,
  createReceiver,
  openHandoffs,
  webhookProvider,
  type HandoffDelivery,
} from "../../delivery/index.ts";
import { createMemoryStore } from "../../delivery/open-store.ts";
import { retryAfterMs } from "../../delivery/providers/retry-after.ts";
import { eventually, recordRequest } from "./fixtures.ts";

const OLD = `whsec_${Buffer.alloc(24, "old").toString("base64")}`;
const NEW = `whsec_${Buffer.alloc(32, "new").toString("base64")}`;
const open = (): AbortSignal => AbortSignal.timeout(5000);
const handoff: HandoffDelivery = {
  intentId: "intent-1",
  tenant: "acme & co",
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

describe("the webhook", () => {
  let server: Server;
  let url: string;
  let answer: { status: number; headers?: Record<string, string> };
  const seen: { headers: IncomingHttpHeaders; body: string }[] = [];
  beforeEach(async () => {
    seen.length = 0;
    answer = { status: 204 };
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      seen.push({ headers: request.headers, body });
      if (answer.status !== 0) response.writeHead(answer.status, answer.headers).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const deliver = async (secrets = [NEW], timeoutMs = 2000) =>
    webhookProvider({ url, secrets, timeoutMs, private: [new URL(url).host] }).deliver?.(handoff, open());
  const headersOf = (at = 0) => seen[at]?.headers as Record<string, string>;

  test("posts a signed CloudEvent that another implementation of the scheme verifies", async () => {
    expect(await deliver()).toEqual({ type: "delivered" });
    const event = new Webhook(NEW).verify(seen[0]?.body ?? "", headersOf()) as Record<string, unknown>;
    expect(event).toMatchObject({
      specversion: "1.0",
      id: "intent-1:handoff_recorded",
      type: "baton.handoff.recorded",
      source: "/baton/acme%20%26%20co",
      subject: "conversation",
      data: { intentId: "intent-1", epoch: 2, reason: "Fraud 💬" },
    });
    expect(headersOf()["content-type"]).toContain("application/cloudevents+json");
  });

  test("during a rotation the receivers of the old and of the new secret both verify it", async () => {
    await deliver([NEW, OLD]);
    for (const secret of [NEW, OLD]) {
      expect(() => new Webhook(secret).verify(seen[0]?.body ?? "", headersOf())).not.toThrow();
    }
  });

  test.each([
    [200, "delivered"],
    [301, "retry"],
    [302, "retry"],
    [400, "retry"],
    [401, "retry"],
    [403, "retry"],
    [404, "retry"],
    [422, "retry"],
    [410, "dead"],
    [408, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("an answer %i is %s", async (status, type) => {
    answer = { status, headers: { location: "/elsewhere" } };
    expect(await deliver()).toMatchObject({ type });
    expect(seen).toHaveLength(1);
  });

  test("an address that is not public is not reached, unless it is named", async () => {
    const provider = webhookProvider({ url, secrets: [NEW] });
    expect(await provider.deliver?.(handoff, open())).toEqual({
      type: "dead",
      code: "webhook_unreached_egress_address",
    });
    expect(seen).toHaveLength(0);
  });

  test.each([
    ["tenant", { tenant: "a\ud800" }],
    ["conversation", { conversationId: "\udc00b" }],
    ["reason with U+0000", { reason: "a\0b" }],
  ])("a %s that is no text is delivered all the same, and its receiver reads it", async (_, odd) => {
    const provider = webhookProvider({ url, secrets: [NEW], private: [new URL(url).host] });
    expect(await provider.deliver?.({ ...handoff, ...odd }, open())).toEqual({ type: "delivered" });
    const receiver = createReceiver({ secrets: [NEW] });
    const received = await receiver.receive(headersOf(), seen[0]?.body ?? "");
    expect(received).toMatchObject({ type: "event", event: { data: odd } });
  });

  test.each([
    ["no answer", undefined],
    ["a status of text", { status: "200" }],
    ["a status that is none", { status: 0 }],
    ["true", true],
  ])("a send of the embedder's that gives %s delivers nothing", async (_, given) => {
    const send = async () => given as never;
    const provider = webhookProvider({ url, secrets: [NEW], transfers: true, send });
    expect(await provider.deliver?.(handoff, open())).toEqual({ type: "retry", code: "webhook_no_answer" });
    const transfer = { ...handoff, phoneDestination: "+15551234567" };
    expect(await provider.transfer?.(transfer, open())).toEqual({ type: "unknown", code: "webhook_no_answer" });
  });

  test("a send of the embedder's that says that nothing was sent, and not why, refuses a transfer", async () => {
    const send = () => Promise.reject(Object.assign(new Error("no"), { name: "Unreached" }));
    const provider = webhookProvider({ url, secrets: [NEW], transfers: true, send });
    const transfer = { ...handoff, phoneDestination: "+15551234567" };
    expect(await provider.transfer?.(transfer, open())).toMatchObject({ type: "refused" });
    expect(await provider.deliver?.(handoff, open())).toMatchObject({ type: "retry" });
  });

  test.each([0.5, 1999.5])("a timeout of %p ms is rounded up", async (timeoutMs) => {
    const send = async () => ({ status: 204, headers: {}, body: "" });
    const provider = webhookProvider({ url, secrets: [NEW], timeoutMs, send });
    expect(await provider.deliver?.(handoff, open())).toEqual({ type: "delivered" });
  });

  test("a send of the embedder's may give its client's own response", async () => {
    const headers = { "Retry-After": "9", "Baton-Reject": "no" };
    const send = async () => new Response("later", { status: 503, headers }) as never;
    const provider = webhookProvider({ url, secrets: [NEW], send });
    expect(await provider.deliver?.(handoff, open())).toEqual({ type: "retry", code: "webhook_503", afterMs: 9000 });
  });

  test.each([
    ["9".repeat(400), Number.MAX_SAFE_INTEGER],
    ["120", 120_000],
    [" 7 ", 7000],
    ["0", 0],
    ["Sun, 06 Nov 2037 08:49:37 GMT", 600_000],
    ["Friday, 06-Nov-37 08:49:37 GMT", 600_000],
    ["Fri Nov  6 08:49:37 2037", 600_000],
    ["Sun, 06 Nov 2037 08:39:36 GMT", null],
    ["-5", null],
    ["1.5", null],
    ["1e3", null],
    ["+30", null],
    ["60, 120", null],
    ["2037-11-06T08:49:37Z", null],
    ["soon", null],
    ["", null],
  ])("Retry-After %p asks for %p ms by the answer's own clock", (header, ms) => {
    const headers = { "retry-after": header, date: "Fri, 06 Nov 2037 08:39:37 GMT" };
    expect(retryAfterMs(headers, 0)).toBe(ms);
  });

  test("a wait that the receiver asks for is passed on", async () => {
    answer = { status: 503, headers: { "retry-after": "7" } };
    expect(await deliver()).toEqual({ type: "retry", code: "webhook_503", afterMs: 7000 });
  });

  test("a receiver that does not answer, or is not there, is tried again", async () => {
    answer = { status: 0 };
    expect(await deliver([NEW], 50)).toEqual({ type: "retry", code: "webhook_no_answer" });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await deliver()).toEqual({ type: "retry", code: "webhook_unreached" });
  });

  test("keeps the provider contract, as does the console", async () => {
    await checkProvider(webhookProvider({ url, secrets: [NEW], transfers: true, private: [new URL(url).host] }));
    const lines: string[] = [];
    await checkProvider(consoleProvider({ write: (line) => lines.push(line) }), { ignoresStop: true });
    expect(lines.join()).not.toContain("+15551234567");
  });

  test("what the receiver will never take is a dead letter: 410, or the header Baton-Reject", async () => {
    for (const [status, reject, type] of [
      [400, "permanent", "dead"],
      [503, "Permanent ", "dead"],
      [200, "permanent", "delivered"],
      [400, "later", "retry"],
    ] as const) {
      answer = { status, headers: { "baton-reject": reject } };
      expect(await deliver()).toMatchObject({ type });
    }
  });

  test("is signed with the time that the delivery is given, whatever this machine's clock shows", async () => {
    const sentAt = "2031-05-05T05:05:05.000Z";
    const provider = webhookProvider({ url, secrets: [NEW], private: [new URL(url).host], now: () => 0 });
    await provider.deliver?.({ ...handoff, sentAt }, open());
    expect(Number(headersOf()["webhook-timestamp"])).toBe(Date.parse(sentAt) / 1000);
    const receiver = createReceiver({ secrets: [NEW], now: () => Date.parse(sentAt) + 1000 });
    expect(await receiver.receive(headersOf(), seen[0]?.body ?? "")).toMatchObject({ type: "event" });
  });

  test("through a store with a clock of its own, it is that clock's time", async () => {
    const HOURS = 3 * 3_600_000;
    const store = { ...createMemoryStore(), time: async () => Date.now() + HOURS };
    const provider = webhookProvider({ url, secrets: [NEW], private: [new URL(url).host] });
    await using handoffs = await openHandoffs({ store, provider, settings: { pollMs: 10 } });
    await handoffs.record(recordRequest());
    await eventually(
      async () => seen.length,
      (count) => count === 1,
    );
    const off = Number(headersOf()["webhook-timestamp"]) * 1000 - (Date.now() + HOURS);
    // The relay's own time of a few polls, and whole seconds.
    expect(Math.abs(off)).toBeLessThan(60_000);
  });

  test("a date to come back at is read by the clock that wrote it", async () => {
    const date = "Tue, 05 May 2037 05:05:05 GMT";
    answer = { status: 503, headers: { date, "retry-after": "Tue, 05 May 2037 05:06:05 GMT" } };
    expect(await deliver()).toMatchObject({ type: "retry", afterMs: 60_000 });
  });

  test("header options are sent once, in whatever case they are written", async () => {
    const headers = { "Content-Type": "application/json", "X-Desk": "7", AUTHORIZATION: "Bearer x" };
    await webhookProvider({ url, secrets: [NEW], private: [new URL(url).host], headers }).deliver?.(handoff, open());
    expect(headersOf()).toMatchObject({ "content-type": "application/json", "x-desk": "7", authorization: "Bearer x" });
  });

  test("a hand-off that is withdrawn is an event of its own", async () => {
    const provider = webhookProvider({ url, secrets: [NEW], private: [new URL(url).host] });
    expect(await provider.withdraw?.(handoff, open())).toEqual({ type: "delivered" });
    expect(JSON.parse(seen[0]?.body ?? "")).toMatchObject({
      id: "intent-1:handoff_withdrawn",
      type: "baton.handoff.withdrawn",
      data: { intentId: "intent-1", epoch: 2 },
    });
  });

  test("each event of an intent has an id of its own, without dots, and a receiver that drops what it has seen gets both", async () => {
    const provider = webhookProvider({ url, secrets: [NEW], transfers: true, private: [new URL(url).host] });
    await provider.transfer?.({ ...handoff, intentId: "in.tent", phoneDestination: "+15551234567" }, open());
    await provider.deliver?.({ ...handoff, intentId: "in.tent" }, open());
    const ids = seen.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(2);
    expect(ids.join()).not.toContain(".");
    for (const { headers, body } of seen) {
      const event = JSON.parse(body) as { id: string; data: { intentId: string } };
      expect(event.id).toBe(headers["webhook-id"]);
      expect(event.data.intentId).toBe("in.tent");
      expect(() => new Webhook(NEW).verify(body, headers as Record<string, string>)).not.toThrow();
    }
  });

  test("a transfer that this side could not send is refused: the caller is where they were", async () => {
    const closed = webhookProvider({ url: "https://[::1]/hook", secrets: [NEW], transfers: true });
    const transfer = { ...handoff, phoneDestination: "+15551234567" };
    expect(await closed.transfer?.(transfer, open())).toMatchObject({ type: "refused" });
    const stopped = webhookProvider({ url, secrets: [NEW], transfers: true, private: [new URL(url).host] });
    expect(await stopped.transfer?.(transfer, AbortSignal.abort())).toMatchObject({ type: "refused" });
    expect(seen).toHaveLength(0);
  });

  test("at least once becomes once: the relay repeats what failed, under the same id, and gives up in the end", async () => {
    answer = { status: 503 };
    const provider = combineProviders({
      handoffs: webhookProvider({ url, secrets: [NEW], private: [new URL(url).host] }),
      transfers: consoleProvider(),
    });
    const settings = { pollMs: 10, maxAttempts: 2 };
    await using handoffs = await openHandoffs({ store: "memory:", provider, settings, random: () => 0 });
    const claim = recordRequest();
    await handoffs.record(claim);
    const dead = await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.status === "dead",
    );
    expect(dead).toMatchObject({ attempts: 2, code: "webhook_503" });
    answer = { status: 200 };
    await handoffs.outbox.retry(claim.intentId);
    await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.status === "delivered",
    );
    expect(new Set(seen.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(seen.length).toBe(3);
    await expect(handoffs.outbox.retry(claim.intentId)).rejects.toMatchObject({ code: "OUTBOX_REFUSED" });
    await expect(handoffs.outbox.drop("nobody")).rejects.toMatchObject({ code: "OUTBOX_NO_SUCH_ROW" });
  });
});
