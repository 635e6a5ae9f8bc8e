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
  sentAt: "2026-01-01T00:00:00.000Z",
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
      id: "intent-1",
      type: "baton.handoff.recorded",
      source: "/baton/acme%20%26%20co",
      subject: "conversation",
      data: { epoch: 2, reason: "Fraud 💬" },
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
    [302, "dead"],
    [400, "dead"],
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
    expect(await provider.deliver?.(handoff, open())).toEqual({ type: "retry", code: "webhook_unreached" });
    expect(seen).toHaveLength(0);
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

  test("a weak secret is not taken", () => {
    expect(() => webhookProvider({ url, secrets: ["whsec_c2hvcnQ="] })).toThrow(TypeError);
    expect(() => webhookProvider({ url, secrets: [] })).toThrow(expect.objectContaining({ code: "WEBHOOK_INVALID" }));
  });

  test("the receiver takes each event once, from whoever knows a secret, and not too late", async () => {
    await deliver([NEW]);
    const { headers, body } = seen[0] as (typeof seen)[0];
    const receiver = createReceiver({ secrets: [OLD, NEW] });
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "event", event: { id: "intent-1" } });
    expect(await receiver.receive(headers, body)).toEqual({ type: "duplicate", id: "intent-1" });
    await receiver.forget("intent-1");
    expect(await receiver.receive(headers, body)).toMatchObject({ type: "event" });
    const invalid = (reason: string) => ({ type: "invalid", reason });
    expect(await createReceiver({ secrets: [OLD] }).receive(headers, body)).toEqual(invalid("signature"));
    expect(await receiver.receive(headers, `${body} `)).toEqual(invalid("signature"));
    expect(await receiver.receive({}, body)).toEqual(invalid("headers"));
    const late = createReceiver({ secrets: [NEW], now: () => Date.now() + 3_600_000 });
    expect(await late.receive(headers, body)).toEqual(invalid("too_old"));
  });

  test("the receiver takes nothing that was forged, played back, or signed with a secret that is no longer held", async () => {
    await deliver([NEW, OLD]);
    const { headers, body } = seen[0] as (typeof seen)[0];
    const rotated = createReceiver({ secrets: [NEW] });
    expect(await rotated.receive(headers, body)).toMatchObject({ type: "event" });
    const [newest = "", oldest = ""] = String(headers["webhook-signature"]).split(" ");
    const invalid = { type: "invalid", reason: "signature" };
    const signed = (signature: string) => rotated.receive({ ...headers, "webhook-signature": signature }, body);
    for (const forged of [
      oldest,
      newest.replace("v1,", "v2,"),
      newest.slice(3),
      "v1,",
      `${newest}x`.replace("v1,", "v1a,"),
    ]) {
      expect(await signed(forged)).toEqual(invalid);
    }
    // The same body under another id, or with another time, is another message.
    expect(await rotated.receive({ ...headers, "webhook-id": "intent-2" }, body)).toEqual(invalid);
    const soon = String(Number(headers["webhook-timestamp"]) + 1);
    expect(await rotated.receive({ ...headers, "webhook-timestamp": soon }, body)).toEqual(invalid);
    expect(await rotated.receive({ ...headers, "webhook-id": ["intent-1", "intent-1"] }, body)).toMatchObject({
      type: "invalid",
      reason: "headers",
    });
    expect(await rotated.receive(headers, body)).toEqual({ type: "duplicate", id: "intent-1" });
  });

  test("a copy of a transfer's request dials nobody again, whatever became of the standard hand-off", async () => {
    const provider = webhookProvider({ url, secrets: [NEW], transfers: true, private: [new URL(url).host] });
    await provider.transfer?.({ ...handoff, phoneDestination: "+15551234567" }, open());
    await provider.deliver?.(handoff, open());
    const [transfer, standard] = seen as [(typeof seen)[0], (typeof seen)[0]];
    const receiver = createReceiver({ secrets: [NEW] });
    expect(await receiver.receive(transfer.headers, transfer.body)).toMatchObject({ type: "event" });
    expect(await receiver.receive(standard.headers, standard.body)).toMatchObject({ type: "event" });
    await receiver.forget("intent-1");
    expect(await receiver.receive(standard.headers, standard.body)).toMatchObject({ type: "event" });
    expect(await receiver.receive(transfer.headers, transfer.body)).toMatchObject({ type: "duplicate" });
    await receiver.forget({ type: "baton.phone_transfer.requested", id: "intent-1" });
    expect(await receiver.receive(transfer.headers, transfer.body)).toMatchObject({ type: "event" });
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
    expect(new Set(seen.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([claim.intentId]));
    expect(seen.length).toBe(3);
    await expect(handoffs.outbox.retry(claim.intentId)).rejects.toMatchObject({ code: "OUTBOX_REFUSED" });
    await expect(handoffs.outbox.drop("nobody")).rejects.toMatchObject({ code: "OUTBOX_NO_SUCH_ROW" });
  });
});
