import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  openHandoffs,
  readDialResult,
  twilioProvider,
  type DurableHandoffs,
  type TransferRequest,
} from "../../delivery/index.ts";
import { eventually, transferRecord } from "./fixtures.ts";
import { checkProvider } from "./provider-contract.ts";
import { ACCOUNT, callSid, startFakeTwilio, TOKEN, type FakeTwilio } from "./twilio-fake.ts";

const never = new AbortController().signal;

describe("phone transfers through Twilio", () => {
  let twilio: FakeTwilio;
  let handoffs: DurableHandoffs;
  beforeEach(async () => {
    twilio = await startFakeTwilio();
    twilio.calls.set(callSid("1"), { status: "in-progress", twiml: [], children: [] });
    const provider = twilioProvider({
      accountSid: ACCOUNT,
      authToken: TOKEN,
      apiBase: twilio.url,
      callerId: "+15550001111",
      timeLimitSeconds: 600,
      actionUrl: "https://bot.example/dial?x=1",
      settleAfterMs: 300,
    });
    handoffs = await openHandoffs({ store: "memory:", provider, settings: { fireMs: 400, pollMs: 20 } });
  });
  afterEach(async () => {
    await handoffs.close();
    await twilio.close();
  });

  async function transfer(sid = callSid("1")) {
    const claim = transferRecord({ call: { id: sid, provider: "twilio" } });
    await handoffs.record(claim);
    return { claim, result: await handoffs.fire(claim.intentId, never) };
  }
  const settled = (intentId: string, state: string) =>
    eventually(
      () => handoffs.outbox.show(intentId),
      (row) => row?.state === state,
    );

  test("the live call is updated with TwiML that dials the number", async () => {
    const { claim, result } = await transfer();
    expect(result).toBe("accepted");
    const [twiml] = twilio.calls.get(callSid("1"))?.twiml ?? [];
    expect(twiml).toContain("<Number>+15551234567</Number>");
    expect(twiml).toContain('callerId="+15550001111"');
    expect(twiml).toContain('timeLimit="600"');
    expect(twiml).toContain(`action="https://bot.example/dial?x=1&amp;intent=${claim.intentId}"`);
    expect(await handoffs.getConversation(claim)).toMatchObject({ state: "transferred" });
  });

  test.each([
    ["unroutable", "number_unroutable"],
    ["forbidden", "destination_forbidden"],
    ["rate limited", "provider_rate_limit"],
  ] as const)("%s is refused, and becomes a standard hand-off", async (behaviour, code) => {
    twilio.behave(behaviour);
    const { claim, result } = await transfer();
    expect(result).toBe("refused");
    const row = await handoffs.outbox.show(claim.intentId);
    expect(row).toMatchObject({ kind: "handoff", task: "deliver", status: "waiting", state: "transfer_failed", code });
    expect(row?.phoneDestination).toBeNull();
  });

  test("a call that ended meanwhile is refused", async () => {
    twilio.calls.set(callSid("1"), { status: "completed", twiml: [], children: [] });
    const { claim, result } = await transfer();
    expect(result).toBe("refused");
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ code: "call_ended" });
  });

  test("a call that is not Twilio's is refused, and Twilio is not asked", async () => {
    expect((await transfer("sip:somebody")).result).toBe("refused");
    expect(twilio.updates).toBe(0);
  });

  test("an effect without an answer is unknown, then found by its child call, and not repeated", async () => {
    twilio.behave("effect without answer");
    const { claim, result } = await transfer();
    expect(result).toBe("unknown");
    await settled(claim.intentId, "transferred");
    expect(twilio.updates).toBe(1);
  });

  test("no effect and no answer is unknown, and becomes a standard hand-off once that is sure", async () => {
    twilio.behave("broken without effect");
    const { claim, result } = await transfer();
    expect(result).toBe("unknown");
    const row = await settled(claim.intentId, "transfer_failed");
    expect(row).toMatchObject({ kind: "handoff", code: "dial_never_arrived" });
    expect(twilio.updates).toBe(1);
  }, 20_000);

  test("an answer after the deadline is unknown at first, and transferred in the end", async () => {
    twilio.behave("late");
    const { claim, result } = await transfer();
    expect(result).toBe("unknown");
    await settled(claim.intentId, "transferred");
    expect(twilio.updates).toBe(1);
  });

  test("a server error is unknown: it may have had its effect", async () => {
    twilio.behave("server error");
    expect((await transfer()).result).toBe("unknown");
  });

  test("nobody there is refused: surely nothing was dialled", async () => {
    await twilio.close();
    expect((await transfer()).result).toBe("refused");
  });

  test("the provider keeps the provider contract", async () => {
    const provider = twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN, apiBase: twilio.url });
    await checkProvider(provider, { call: { id: callSid("1"), provider: "twilio" } });
  });

  test("what came of the dial is read from Twilio's signed callback, and a dial that nobody answered calls a human", async () => {
    const { claim } = await transfer();
    const url = `https://bot.example/dial?x=1&intent=${claim.intentId}`;
    const form = { CallSid: callSid("1"), DialCallStatus: "no-answer" };
    const signature = createHmac("sha1", TOKEN)
      .update(`${url}CallSid${form.CallSid}DialCallStatusno-answer`)
      .digest("base64");
    expect(readDialResult({ url, form, signature: "x", authToken: TOKEN })).toBeNull();
    const report = readDialResult({ url, form, signature, authToken: TOKEN });
    expect(report).toEqual({ intentId: claim.intentId, result: "failed", code: "dial_no-answer" });
    expect(report && (await handoffs.reportTransfer(report))).toBe("transfer_failed");
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({
      kind: "handoff",
      task: "deliver",
      status: "waiting",
    });
  });
});

const description = process.env["TWILIO_OPENAPI"];
if (description === undefined)
  console.log("TWILIO_OPENAPI is not set: Twilio's own description of its API is not checked against.");
const described = description === undefined ? describe.skip : describe;

described("requests as Twilio's OpenAPI description wants them", () => {
  test("the update of a call names a described path, method and form fields only", async () => {
    interface Operation {
      readonly requestBody?: { content: Record<string, { schema: { properties: Record<string, { type: string }> } }> };
    }
    const api = JSON.parse(readFileSync(description ?? "", "utf8")) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const seen: string[] = [];
    const server = createServer(async (request, response) => {
      const url = new URL(request.url ?? "", "http://twilio");
      const path = Object.keys(api.paths).find((template) => matches(template, url.pathname));
      const operation = path === undefined ? undefined : api.paths[path]?.[(request.method ?? "").toLowerCase()];
      const type = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const fields = operation?.requestBody?.content[type]?.schema.properties;
      const strange = [...new URLSearchParams(body).keys()].filter((name) => fields?.[name]?.type !== "string");
      seen.push(`${request.method} ${path} ${strange.join()}`);
      const fine = operation !== undefined && fields !== undefined && strange.length === 0;
      response.writeHead(fine ? 200 : 400, { "content-type": "application/json" });
      response.end(
        JSON.stringify(
          fine ? { sid: callSid("1"), status: "in-progress" } : { code: 20001, status: 400, message: "bad" },
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const provider = twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN, apiBase });
      const request = { ...delivery, phoneDestination: "+15551234567" };
      expect(await provider.transfer?.(request, never)).toEqual({ type: "accepted" });
      expect(seen).toEqual(["POST /2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json "]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

const delivery: Omit<TransferRequest, "phoneDestination"> = {
  intentId: "intent",
  tenant: "acme",
  conversationId: "conversation",
  epoch: 0,
  executionId: "execution",
  reason: null,
  code: null,
  call: { id: callSid("1"), provider: "twilio" },
  recordedAt: "2026-01-01T00:00:00.000Z",
  attempt: 1,
};

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/.]+");
  return new RegExp(`^${pattern}$`).test(path);
}
