// Each kind of desk and carrier that a tenant may have: set over HTTP, its secret read back as set and kept, and reached with it.
import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startFakeServer, type FakeAnswer, type FakeServer } from "../delivery/fake-server.ts";
import { twilioReportsTo } from "../../service/providers/kinds.ts";
import { chat, startService, until, type Running } from "./harness.ts";

let baton: Running;
let vendor: FakeServer;
/** What the vendor answers, by path; 200 with nothing where it is not said. */
const answers = new Map<string, FakeAnswer>();
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const PUBLIC = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url").toString("base64");

beforeAll(async () => {
  vendor = await startFakeServer(({ url }) => answers.get(url.pathname) ?? { status: 200, body: {} });
  baton = await startService({ private: [new URL(vendor.url).host] });
});
afterAll(async () => {
  await baton?.[Symbol.asyncDispose]();
  await vendor?.close();
});

const asked = (path: string) => vendor.seen.filter(({ url }) => url.pathname === path);
const call = (provider: string, more: object = {}): object => ({
  context: {
    conversation: { id: `${provider}-1`, latestChannel: "phone", call: { id: "call-7", provider, ...more } },
    args: {},
  },
});
const TRANSFER = `export function execute_action(c: any) { hand_off_conversation(c, "why", "+15551234567"); return "kept"; }`;

const KINDS = () =>
  [
    ["handoffs", { type: "chatwoot", url: vendor.url, accountId: 7, apiAccessToken: "of-acme" }, "apiAccessToken"],
    ["transfers", { type: "telnyx", apiKey: "of-acme", publicKey: PUBLIC, apiBase: vendor.url }, "apiKey"],
    ["transfers", { type: "livekit", url: vendor.url, apiKey: "key", apiSecret: "of-acme" }, "apiSecret"],
  ] as const;

describe.each([0, 1, 2])("kind %i", (at) => {
  test("is set, read back without its secret, and set again with the secret that is kept", async () => {
    const [role, provider, secret] = KINDS()[at]!;
    const path = `/v1/tenants/kind-${at}`;
    const made = await baton.call("PUT", path, { body: { providers: { [role]: provider } } });
    expect([made.status, made.body.providers[role]]).toEqual([201, { ...provider, [secret]: { set: true } }]);
    expect(made.text).not.toContain("of-acme");
    const again = await baton.call("PUT", path, { body: { providers: made.body.providers } });
    expect([again.status, again.body.providers[role][secret]]).toEqual([200, { set: true }]);
    const unset = await baton.call("PUT", `${path}-new`, { body: { providers: made.body.providers } });
    expect([unset.status, unset.text]).toEqual([400, expect.stringContaining(`providers.${role}.${secret}`)]);
    const wrong = await baton.call("PUT", path, { body: { providers: { [role]: { ...provider, tokn: "x" } } } });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("tokn")]);
  });
});

test("Twilio is given no address for its reports that it could not reach", () => {
  const options = {
    tenant: "a b",
    privateHosts: ["127.0.0.1:9001", "fake:443"],
    publicUrl: null,
    ownUrl: "http://0.0.0.0:8321",
  };
  expect(twilioReportsTo(undefined, options)).toBeNull();
  expect(twilioReportsTo("https://api.dublin.ie1.twilio.com", options)).toBeNull();
  expect(twilioReportsTo("http://127.0.0.1:9002", options)).toBeNull();
  const own = "http://0.0.0.0:8321/v1/callbacks/twilio/a%20b";
  expect(twilioReportsTo("http://127.0.0.1:9001", options)).toBe(own);
  expect(twilioReportsTo("https://fake/", options)).toBe(own);
  const publicUrl = "https://baton.example";
  expect(twilioReportsTo(undefined, { ...options, publicUrl })).toBe(`${publicUrl}/v1/callbacks/twilio/a%20b`);
});

test("Chatwoot takes a hand-off with the tenant's own token", async () => {
  const [role, provider] = KINDS()[0]!;
  const path = "/api/v1/accounts/7/conversations/42/toggle_status";
  answers.set(path, { status: 200, body: { payload: { success: true, current_status: "open" } } });
  await baton.call("PUT", "/v1/tenants/woot", { body: { providers: { [role]: provider } } });
  await baton.live("woot", "help", `export function execute_action(c: any) { return hand_off_conversation(c); }`);
  await baton.execute("woot", "help", chat("42"));
  await until(async () => (await baton.call("GET", "/v1/tenants/woot/outbox")).body.counts.delivered === 1);
  expect(asked(path)[0]?.headers["api_access_token"]).toBe("of-acme");
});

test("LiveKit moves the caller out of the call's room", async () => {
  const [role, provider] = KINDS()[2]!;
  await baton.call("PUT", "/v1/tenants/rooms", { body: { providers: { [role]: provider } } });
  await baton.live("rooms", "move", TRANSFER);
  const ran = await baton.execute("rooms", "move", call("livekit", { room: "lobby" }));
  expect(ran.body.outcome.handoff).toMatchObject({ kind: "phone_transfer", state: "fired" });
  const [sent] = asked("/twirp/livekit.SIP/TransferSIPParticipant");
  expect(sent?.body).toMatchObject({ room_name: "lobby", participant_identity: "call-7" });
});

test("Telnyx transfers, and what became of the leg is taken by its signature alone", async () => {
  const [role, provider] = KINDS()[1]!;
  await baton.call("PUT", "/v1/tenants/lines", { body: { providers: { [role]: provider } } });
  await baton.live("lines", "move", TRANSFER);
  const ran = await baton.execute("lines", "move", call("telnyx"));
  expect(ran.body.outcome.handoff).toMatchObject({ kind: "phone_transfer", state: "fired" });
  expect(asked("/v2/calls/call-7/actions/transfer")[0]?.headers.authorization).toBe("Bearer of-acme");
  const intent = ran.body.outcome.handoff.intentId as string;
  const event = (type: string, mark: string): string => {
    const payload = { client_state: Buffer.from(mark).toString("base64"), hangup_cause: "user_busy" };
    // Spaces that JSON would not write: the signature is of what came, not of what was read.
    return `{ "data":  ${JSON.stringify({ event_type: type, payload })} }`;
  };
  const post = (tenant: string, body: string, key = privateKey) => {
    const at = String(Math.floor(Date.now() / 1000));
    const signature = sign(null, Buffer.from(`${at}|${body}`), key).toString("base64");
    const headers = {
      "content-type": "application/json",
      "telnyx-signature-ed25519": signature,
      "telnyx-timestamp": at,
    };
    return baton.call("POST", `/v1/callbacks/telnyx/${tenant}`, { key: null, body, headers });
  };
  const hangUp = event("call.hangup", `baton:${intent}`);
  const stranger = generateKeyPairSync("ed25519").privateKey;
  for (const refused of [await post("lines", hangUp, stranger), await post("woot", hangUp), await post("none", hangUp)])
    expect([refused.status, refused.body.code]).toEqual([403, "SIGNATURE_INVALID"]);
  const foreign = await post("lines", event("call.hangup", "baton:another"));
  expect([foreign.status, foreign.body]).toEqual([200, { taken: false }]);
  expect((await post("lines", event("call.initiated", "none of ours"))).body).toEqual({ taken: false });
  expect((await post("lines", hangUp)).body).toEqual({ taken: true });
  const where = await baton.call("GET", "/v1/tenants/lines/conversations/telnyx-1");
  expect(where.body.state).toBe("transfer_failed");
});
