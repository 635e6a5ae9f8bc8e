import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  checkProvider,
  openHandoffs,
  readDialResult,
  twilioProvider,
  type DurableHandoffs,
  type Provider,
  type TransferRequest,
} from "../../delivery/index.ts";
import { eventually, transferRecord } from "./fixtures.ts";
import { ACCOUNT, callSid, startFakeTwilio, TOKEN, twilioTime, type FakeTwilio } from "./twilio-fake.ts";
import { startDescribedTwilio, type DescribedTwilio } from "./twilio-openapi.ts";

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
    handoffs = await openHandoffs({ store: "memory:", provider, settings: { fireMs: 2500, pollMs: 20 } });
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

  test("a child call of an earlier transfer of the same call says nothing of this one", async () => {
    const before = twilioTime(Date.now() - 60_000);
    const earlier = { sid: callSid("e"), to: "+15551234567", status: "no-answer", date_created: before };
    twilio.calls.get(callSid("1"))?.children.push(earlier);
    twilio.behave("broken without effect");
    const { claim, result } = await transfer();
    expect(result).toBe("unknown");
    expect(await settled(claim.intentId, "transfer_failed")).toMatchObject({ code: "dial_never_arrived" });
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
    // A report that is played back, or put beside another intent, changes nothing.
    const other = readDialResult({ url: url.replace(claim.intentId, "other"), form, signature, authToken: TOKEN });
    expect(other).toBeNull();
    const answered = readDialResult({
      url,
      form: { ...form, DialCallStatus: "answered" },
      signature,
      authToken: TOKEN,
    });
    expect(answered).toBeNull();
    expect(report && (await handoffs.reportTransfer(report))).toBe("transfer_failed");
    expect(await handoffs.reportTransfer({ intentId: claim.intentId, result: "answered" })).toBe("transfer_failed");
    expect(await handoffs.outbox.list({ conversationId: claim.conversationId })).toHaveLength(1);
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({
      kind: "handoff",
      task: "deliver",
      status: "waiting",
    });
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
  ageMs: 0,
  sentAt: "2026-01-01T00:00:00.000Z",
  attempt: 1,
};

const description = process.env["TWILIO_OPENAPI"];
if (description === undefined)
  console.log("TWILIO_OPENAPI is not set: Twilio's own description of its API is not checked against.");
const described = description === undefined ? describe.skip : describe;

described("requests as Twilio's OpenAPI description wants them", () => {
  const CALL = "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json";
  const CHILDREN = "/2010-04-01/Accounts/{AccountSid}/Calls.json";
  const transfer: TransferRequest = { ...delivery, phoneDestination: "+15551234567" };
  const child = { sid: callSid("f"), to: "+15551234567", date_created: twilioTime(Date.parse(delivery.recordedAt)) };
  let twilio: DescribedTwilio;
  let provider: Provider;
  beforeEach(async () => {
    twilio = await startDescribedTwilio(description ?? "");
    const more = { callerId: "+15550001111", timeLimitSeconds: 600, actionUrl: "https://bot.example/dial" };
    provider = twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN, apiBase: twilio.url, ...more });
  });
  afterEach(() => twilio.close());

  test("a transfer updates the call", async () => {
    expect(await provider.transfer?.(transfer, never)).toEqual({ type: "accepted" });
    expect(twilio.seen).toEqual([`POST ${CALL}`]);
  });

  test("a reconciliation lists the call's children, and fetches the call where the dial is not among them", async () => {
    twilio.answer({ children: [child] });
    expect(await provider.reconcile?.(transfer, never)).toEqual({ type: "accepted" });
    expect(twilio.seen).toEqual([`GET ${CHILDREN}`]);
    twilio.answer({ call: { sid: callSid("1"), status: "completed" } });
    expect(await provider.reconcile?.(transfer, never)).toEqual({ type: "refused", code: "call_ended" });
    expect(twilio.seen.slice(1)).toEqual([`GET ${CHILDREN}`, `GET ${CALL}`]);
  });

  test("what is not described is refused, or this would prove nothing", async () => {
    const ask = (path: string, init: RequestInit = {}): Promise<number> =>
      fetch(twilio.url + path, { headers: { authorization: `Basic ${btoa("a:b")}` }, ...init }).then(
        ({ status }) => status,
      );
    const call = `/2010-04-01/Accounts/${ACCOUNT}/Calls/${callSid("1")}.json`;
    expect(await ask(call)).toBe(200);
    expect(await ask(call, { headers: {} })).toBe(400);
    expect(await ask(call, { method: "PUT" })).toBe(400);
    expect(await ask(`/2010-04-01/Accounts/${ACCOUNT}/Calls/nonsense.json`)).toBe(400);
    expect(await ask(`/2010-04-01/Accounts/${ACCOUNT}/Calls.json?Parent=${callSid("1")}`)).toBe(400);
    expect(await ask(`/2010-04-01/Accounts/${ACCOUNT}/Calls.json?PageSize=many`)).toBe(400);
    const headers = { authorization: `Basic ${btoa("a:b")}` };
    const form = (field: string) => ask(call, { method: "POST", headers, body: new URLSearchParams({ [field]: "x" }) });
    expect([await form("Twiml"), await form("Twimll")]).toEqual([200, 400]);
  });
});
