import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import twilioSdk from "twilio";
import {
  checkProvider,
  openHandoffs,
  readDialResult,
  twilioProvider,
  Unreached,
  type DurableHandoffs,
  type OutgoingRequest,
  type Provider,
  type Send,
  type TransferRequest,
  type TwilioOptions,
} from "../../delivery/index.ts";
import { eventually, transferRecord } from "./fixtures.ts";
import { ACCOUNT, callSid, startFakeTwilio, TOKEN, twilioTime, type FakeTwilio } from "./twilio-fake.ts";
import { startDescribedTwilio, type DescribedTwilio } from "./twilio-openapi.ts";

const never = new AbortController().signal;

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
  });

  test("a child call of an earlier transfer of the same call says nothing of this one", async () => {
    const before = twilioTime(Date.now() - 60_000);
    const earlier = { sid: callSid("e"), to: "+15551234567", status: "no-answer", date_created: before };
    twilio.calls.get(callSid("1"))?.children.push(earlier);
    twilio.behave("broken without effect");
    const { claim, result } = await transfer();
    expect(result).toBe("unknown");
    expect(await settled(claim.intentId, "transfer_failed")).toMatchObject({ code: "dial_never_arrived" });
  });

  test.each(["busy", "no-answer", "failed", "canceled"])(
    "a lost answer whose child call was %s is a failed transfer: a human is owed",
    async (status) => {
      twilio.behave("effect without answer");
      twilio.dials = status;
      const { claim, result } = await transfer();
      expect(result).toBe("unknown");
      const row = await settled(claim.intentId, "transfer_failed");
      expect(row).toMatchObject({ kind: "handoff", code: `dial_${status}` });
    },
  );

  test("of two child calls of one transfer, the one that was taken counts", async () => {
    const now = twilioTime(Date.now());
    const child = (status: string) => ({ sid: callSid("f"), to: "+15551234567", status, date_created: now });
    twilio.calls.get(callSid("1"))?.children.push(child("busy"), child("completed"), child("no-answer"));
    twilio.behave("broken without effect");
    const { claim } = await transfer();
    await settled(claim.intentId, "transferred");
  });

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

describe("what goes out", () => {
  const request: TransferRequest = { ...delivery, phoneDestination: "+15551234567" };
  async function asked(options: Partial<TwilioOptions>) {
    const seen: OutgoingRequest[] = [];
    const send: Send = async (outgoing) => {
      seen.push(outgoing);
      return { status: 200, headers: {}, body: JSON.stringify({ sid: callSid("1"), status: "in-progress" }) };
    };
    const provider = twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN, send, ...options });
    const result = await provider.transfer?.(request, never);
    return { result, url: seen[0]?.url, authorization: seen[0]?.headers["authorization"] };
  }

  test("goes to the account's region, by the edge that was chosen", async () => {
    expect((await asked({})).url).toContain("https://api.twilio.com/2010-04-01/");
    expect((await asked({ region: "ie1", edge: "dublin" })).url).toContain(
      "https://api.dublin.ie1.twilio.com/2010-04-01/",
    );
    expect((await asked({ region: "au1" })).url).toMatch(/^https:\/\/api\.\w*\.?au1\.twilio\.com/);
  });

  test("is signed by the API key where there is one, for the account all the same", async () => {
    const apiKey = `SK${"b".repeat(32)}`;
    const { url, authorization } = await asked({ apiKey, apiSecret: "secret" });
    expect(authorization).toBe(`Basic ${btoa(`${apiKey}:secret`)}`);
    expect(url).toContain(`/Accounts/${ACCOUNT}/`);
  });

  test.each([
    [
      "throws at once",
      () => {
        throw new Error("no");
      },
      "unknown",
    ],
    ["rejects", async () => Promise.reject(new TypeError("no")), "unknown"],
    ["says that nothing was sent", async () => Promise.reject(new Unreached("ENOTFOUND")), "refused"],
    ["answers with no JSON", async () => ({ status: 200, headers: {}, body: "<html>" }), "accepted"],
    ["answers with an error that is no JSON", async () => ({ status: 502, headers: {}, body: "<html>" }), "unknown"],
  ])("a network that %s ends in an answer, for transfers and for questions", async (_, send, type) => {
    const provider = twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN, send: send as Send });
    const loose: unknown[] = [];
    const keep = (reason: unknown): void => void loose.push(reason);
    process.on("unhandledRejection", keep);
    const transferred = await provider.transfer?.(request, never);
    expect(["accepted", "refused", "unknown"]).toContain(transferred?.type);
    if (type !== "accepted") expect(transferred?.type).toBe(type);
    expect((await provider.reconcile?.(request, never))?.type).not.toBe("accepted");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", keep);
    expect(loose).toEqual([]);
  });

  test("a transfer that was told to stop before it began is refused: nothing was sent", async () => {
    const provider = twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN });
    expect(await provider.transfer?.(request, AbortSignal.abort())).toMatchObject({ type: "refused" });
  });
});

describe("callbacks are validated as Twilio's own library does", () => {
  const form = { CallSid: callSid("1"), DialCallStatus: "no-answer", Digits: "" };
  const path = "/dial?x=1&intent=intent-7";
  const signatureOf = (url: string, of: Record<string, unknown> = form) =>
    twilioSdk.getExpectedTwilioSignature(TOKEN, url, of);

  test.each([
    ["as configured", `https://bot.example${path}`, `https://bot.example${path}`],
    ["with the port in what was signed", `https://bot.example:443${path}`, `https://bot.example${path}`],
    ["with the port in what arrived", `https://bot.example${path}`, `https://bot.example:443${path}`],
    ["over http", `http://bot.example:80${path}`, `http://bot.example${path}`],
    ["with a port of its own", `https://bot.example${path}`, `https://bot.example:8443${path}`],
    ["with an address of IPv6", `https://[2001:db8::1]${path}`, `https://[2001:db8::1]:8443${path}`],
    [
      "with an escape of the older kind",
      `https://bot.example/dial?intent=it%27s&x=a%20b`,
      `https://bot.example/dial?intent=it's&x=a%20b`,
    ],
    ["with a user name", `https://u:p@bot.example${path}`, `https://u:p@bot.example:443${path}`],
    ["signed for another host", `https://other.example${path}`, `https://bot.example${path}`],
    ["signed for another path", `https://bot.example/other`, `https://bot.example${path}`],
    ["signed with another scheme", `http://bot.example${path}`, `https://bot.example${path}`],
  ])("%s", (_, signed, url) => {
    const signature = signatureOf(signed);
    const theirs = twilioSdk.validateRequest(TOKEN, signature, url, form);
    const ours = readDialResult({ url, form, signature, authToken: TOKEN });
    expect(ours !== null).toBe(theirs);
    for (const wrong of ["", "x", signature.slice(1), `${signature} `])
      expect(readDialResult({ url, form, signature: wrong, authToken: TOKEN }) !== null).toBe(
        twilioSdk.validateRequest(TOKEN, wrong, url, form),
      );
  });

  test("any address that their library takes, ours takes, and no other", () => {
    const host = fc.constantFrom("bot.example", "bot.example:443", "bot.example:8080", "BOT.example", "[::1]:80");
    const query = fc.constantFrom(
      "",
      "?intent=i",
      "?intent=i&a=b%20c",
      "?intent=i'&x=(1)",
      "?intent=a+b",
      "?intent=%2B1&intent=2",
      "?intent=ü",
    );
    const address = fc.tuple(
      fc.constantFrom("http://", "https://"),
      host,
      fc.constantFrom("/", "/a/b", "/a%2Fb"),
      query,
    );
    const value = fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 }));
    fc.assert(
      fc.property(
        address,
        address,
        fc.dictionary(fc.string({ maxLength: 8 }), value, { maxKeys: 4 }),
        (one, two, fields) => {
          const of = { ...fields, DialCallStatus: "busy" };
          const [signed, url] = [one.join(""), two.join("")];
          const signature = signatureOf(signed, of);
          const theirs = twilioSdk.validateRequest(TOKEN, signature, url, of);
          const ours = readDialResult({ url, form: of, signature, authToken: TOKEN });
          const about = new URL(url).searchParams.has("intent");
          expect(ours !== null).toBe(theirs && about);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["its origin", "https://bot.example"],
    ["its path", "https://bot.example/hooks/dial"],
    ["all of it", `https://bot.example/hooks/dial?x=1&intent=intent-7`],
  ])("behind a proxy the public URL is told by %s", (what, publicUrl) => {
    const signed =
      what === "its origin" ? `https://bot.example${path}` : `https://bot.example/hooks/dial?x=1&intent=intent-7`;
    const signature = signatureOf(signed);
    for (const url of [`http://10.0.0.7:3000${path}`, path]) {
      expect(readDialResult({ url, publicUrl, form, signature, authToken: TOKEN })).toMatchObject({
        intentId: "intent-7",
      });
    }
    expect(readDialResult({ url: `http://10.0.0.7:3000${path}`, form, signature, authToken: TOKEN })).toBeNull();
  });

  test("form fields come as an object, as URLSearchParams or as the body; tokens as one or, while they change, two", () => {
    const url = `https://bot.example${path}`;
    const signature = signatureOf(url);
    const report = { intentId: "intent-7", result: "failed", code: "dial_no-answer" };
    const body = new URLSearchParams(form);
    for (const each of [form, body, body.toString()])
      expect(readDialResult({ url, form: each, signature, authToken: ["another", TOKEN] })).toEqual(report);
    expect(readDialResult({ url, form, signature, authToken: ["another"] })).toBeNull();
    for (const none of [undefined, null, 7, [], { a: 1 }])
      expect(readDialResult({ url, form: none as never, signature, authToken: TOKEN })).toBeNull();
    expect(readDialResult({ url, form, signature: undefined, authToken: TOKEN })).toBeNull();
  });

  test.each([
    ["completed", { result: "answered" }],
    ["answered", { result: "answered" }],
    ["busy", { result: "failed", code: "dial_busy" }],
    ["failed", { result: "failed", code: "dial_failed" }],
    ["canceled", { result: "failed", code: "dial_canceled" }],
    ["ringing", null],
    ["a status of next year", null],
  ])("a dial that is %s", (status, report) => {
    const url = `https://bot.example${path}`;
    const of = { DialCallStatus: status };
    const read = readDialResult({ url, form: of, signature: signatureOf(url, of), authToken: TOKEN });
    expect(read).toEqual(report && { intentId: "intent-7", ...report });
  });
});

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
