// Telnyx, against a fake that keeps calls and legs as its documents say: commands of one `command_id` are carried out once, a call that ended is
// refused with 90018, and the leg of a transfer carries the mark that the command gave it.
import { generateKeyPairSync, sign } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  checkProvider,
  openHandoffs,
  readTelnyxEvent,
  telnyxProvider,
  type DurableHandoffs,
} from "../../delivery/index.ts";
import { startFakeServer, type FakeAnswer } from "./fake-server.ts";
import { eventually, transferRecord } from "./fixtures.ts";

const KEY = "KEY0123";
const CALL = "v3:S_AwERIkXuL9vqBSvluFUDxUdIQRk4R";
const never = new AbortController().signal;
type Behaviour =
  | "normal"
  | "effect without answer"
  | "broken without effect"
  | "server error"
  | "rate limited"
  | "unroutable";
const errors = (status: number, code: string): FakeAnswer => ({ status, body: { errors: [{ code, title: "no" }] } });

async function startFakeTelnyx() {
  const alive = new Map<string, boolean>([[CALL, true]]);
  const legs: { to: string; client_state: string }[] = [];
  const commands = new Set<string>();
  let behaviour: Behaviour = "normal";
  const server = await startFakeServer(({ method, url, headers, body }): FakeAnswer => {
    if (headers.authorization !== `Bearer ${KEY}`) return errors(401, "10009");
    if (method === "GET" && url.pathname === "/v2/connections/1494404757140276705/active_calls")
      return { status: 200, body: { data: legs } };
    const [, id, action] = /^\/v2\/calls\/([^/]+)(\/actions\/transfer)?$/.exec(url.pathname) ?? [];
    const known = alive.get(decodeURIComponent(id ?? ""));
    if (known === undefined) return errors(404, "10005");
    if (method === "GET" && action === undefined) return { status: 200, body: { data: { is_alive: known } } };
    if (method !== "POST" || action === undefined) return errors(404, "10005");
    if (behaviour === "server error") return { status: 503, body: "upstream" };
    if (behaviour === "rate limited") return errors(429, "10011");
    if (behaviour === "broken without effect") return null;
    if (behaviour === "unroutable") return errors(422, "90041");
    if (!known) return errors(422, "90018");
    const command = String(body["command_id"]);
    if (!commands.has(command))
      legs.push({ to: String(body["to"]), client_state: String(body["target_leg_client_state"]) });
    commands.add(command);
    return behaviour === "effect without answer" ? null : { status: 200, body: { data: { result: "ok" } } };
  });
  return { ...server, alive, legs, behave: (next: Behaviour) => void (behaviour = next) };
}

describe("phone transfers through Telnyx", () => {
  let telnyx: Awaited<ReturnType<typeof startFakeTelnyx>>;
  let handoffs: DurableHandoffs;
  const provider = () =>
    telnyxProvider({
      apiKey: KEY,
      connectionId: "1494404757140276705",
      apiBase: telnyx.url,
      from: "+15550001111",
      settleAfterMs: 300,
    });
  beforeEach(async () => {
    telnyx = await startFakeTelnyx();
    handoffs = await openHandoffs({ store: "memory:", provider: provider(), settings: { fireMs: 2500, pollMs: 20 } });
  });
  afterEach(async () => {
    await handoffs.close();
    await telnyx.close();
  });
  async function transfer(call = { id: CALL, provider: "telnyx" }) {
    const claim = transferRecord({ call });
    await handoffs.record(claim);
    return { claim, result: await handoffs.fire(claim.intentId, never) };
  }
  const settled = (intentId: string, state: string) =>
    eventually(
      () => handoffs.outbox.show(intentId),
      (row) => row?.state === state,
    );

  test("the call is transferred under the intent id, from the number that was chosen", async () => {
    const { claim, result } = await transfer();
    expect(result).toBe("accepted");
    expect(telnyx.seen[0]?.body).toMatchObject({
      to: "+15551234567",
      from: "+15550001111",
      command_id: claim.intentId,
    });
    expect(telnyx.legs).toHaveLength(1);
  });

  test("an effect without an answer is unknown, then found by its leg", async () => {
    telnyx.behave("effect without answer");
    const { claim, result } = await transfer();
    expect(result).toBe("unknown");
    await settled(claim.intentId, "transferred");
    expect(telnyx.legs).toHaveLength(1);
  });

  test.each([["broken without effect"], ["server error"]] as const)(
    "%s is unknown, and becomes a standard hand-off once that is sure",
    async (behaviour) => {
      telnyx.behave(behaviour);
      const { claim, result } = await transfer();
      expect(result).toBe("unknown");
      expect(await settled(claim.intentId, "transfer_failed")).toMatchObject({
        kind: "handoff",
        code: "transfer_never_happened",
      });
      expect(telnyx.legs).toHaveLength(0);
    },
  );

  test("a caller who hung up meanwhile is found so", async () => {
    telnyx.behave("broken without effect");
    const { claim } = await transfer();
    telnyx.alive.set(CALL, false);
    expect(await settled(claim.intentId, "transfer_failed")).toMatchObject({
      code: expect.stringMatching(/call_ended|never_happened/),
    });
  });

  test("without the application's id a lost answer stays unknown while the call lives", async () => {
    const blind = telnyxProvider({ apiKey: KEY, apiBase: telnyx.url, settleAfterMs: 1 });
    const request = { ...transferRecord({ call: { id: CALL, provider: "telnyx" } }), ageMs: 10_000 } as never;
    expect(await blind.reconcile?.(request, never)).toEqual({ type: "unknown", code: "transfer_pending" });
    telnyx.alive.set(CALL, false);
    expect(await blind.reconcile?.(request, never)).toEqual({ type: "refused", code: "call_ended" });
  });

  test.each([
    ["rate limited", "provider_rate_limit"],
    ["unroutable", "telnyx_90041"],
  ] as const)("%s is refused", async (behaviour, code) => {
    telnyx.behave(behaviour);
    const { claim, result } = await transfer();
    expect(result).toBe("refused");
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ kind: "handoff", code });
  });

  test.each([
    ["that ended", CALL, "call_ended"],
    ["that is not known", "v3:other", "call_not_found"],
  ])("a call %s is refused", async (_, id, code) => {
    telnyx.alive.set(CALL, false);
    const { claim, result } = await transfer({ id, provider: "telnyx" });
    expect(result).toBe("refused");
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ code });
  });

  test.each([
    ["a lone surrogate", "v3:\ud800"],
    ["a blank", "v3: x"],
    ["nothing", ""],
    ["600 letters", "v".repeat(600)],
  ])("a call whose id has %s is none of Telnyx's, and surely nothing was asked", async (_, id) => {
    const { result } = await transfer({ id, provider: "telnyx" });
    expect(result).toBe("refused");
    expect(telnyx.legs).toEqual([]);
  });

  test("keeps the provider contract", async () => {
    await checkProvider(provider(), { call: { id: CALL, provider: "telnyx" } });
  });

  test("what came of the leg is read from Telnyx's signed events, and from nothing else", async () => {
    const { claim } = await transfer();
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const own = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url").toString("base64");
    const mark = telnyx.legs[0]?.client_state;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const event = (type: string, of: object = {}) => {
      const body = JSON.stringify({ data: { event_type: type, payload: { client_state: mark, ...of } } });
      const signature = sign(null, Buffer.from(`${timestamp}|${body}`), privateKey).toString("base64");
      return { body, signature, timestamp, publicKey: own };
    };
    const { intentId } = claim;
    expect(readTelnyxEvent(event("call.bridged"))).toEqual({ intentId, result: "answered" });
    expect(readTelnyxEvent(event("call.hangup", { hangup_cause: "normal_clearing" }))).toBeNull();
    expect(readTelnyxEvent(event("call.initiated"))).toBeNull();
    expect(readTelnyxEvent(event("call.bridged", { client_state: "b3RoZXI=" }))).toBeNull();
    const busy = event("call.hangup", { hangup_cause: "user_busy" });
    expect(readTelnyxEvent({ ...busy, body: `${busy.body} ` })).toBeNull();
    expect(readTelnyxEvent({ ...busy, timestamp: String(Number(timestamp) - 1) })).toBeNull();
    expect(readTelnyxEvent({ ...busy, now: () => Date.now() + 3_600_000 })).toBeNull();
    expect(readTelnyxEvent({ ...busy, signature: undefined })).toBeNull();
    expect(() => readTelnyxEvent({ ...busy, publicKey: "x" })).toThrow(/"publicKey" should be/);
    expect(readTelnyxEvent({ ...busy, body: Buffer.from(busy.body), signature: [busy.signature] })).not.toBeNull();
    expect(readTelnyxEvent({ ...busy, signature: [busy.signature, busy.signature] })).toBeNull();
    // Nobody took it, as against a talk that was as long as a call may be.
    expect(readTelnyxEvent(event("call.hangup", { hangup_cause: "no_answer" }))).toMatchObject({ result: "failed" });
    expect(readTelnyxEvent(event("call.hangup", { hangup_cause: "time_limit" }))).toBeNull();
    const report = readTelnyxEvent(busy);
    expect(report).toEqual({ intentId, result: "failed", code: "dial_user_busy" });
    expect(report && (await handoffs.reportTransfer(report))).toBe("transfer_failed");
  });

  test.each([
    ["apiKey", { apiKey: "" }],
    ["from", { from: "555" }],
    ["connectionId", { connectionId: "app" }],
    ["ringSeconds", { ringSeconds: 1 }],
  ])("a wrong %s is named", (key, of) => {
    expect(() => telnyxProvider({ apiKey: KEY, ...of } as never)).toThrow(`"${key}" should be`);
  });
});
