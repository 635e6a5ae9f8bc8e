// LiveKit, against a fake that keeps rooms and behaves as its documents and its users' reports say: it answers once the other end picked up, its own
// deadline may come first, and the transfer may succeed after that.
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  checkProvider,
  livekitProvider,
  openHandoffs,
  type DurableHandoffs,
  type TransferRequest,
} from "../../delivery/index.ts";
import { startFakeServer, type FakeAnswer } from "./fake-server.ts";
import { eventually, transferRecord } from "./fixtures.ts";

const KEY = "APIkey";
const SECRET = "a secret of the project";
const never = new AbortController().signal;
type Behaviour = "picks up" | "late" | "late without effect" | "broken" | "busy" | "internal" | "no trunk";

function claimsOf(header: string | undefined): Record<string, unknown> | null {
  const [head = "", body = "", signature = ""] = String(header)
    .replace(/^Bearer /, "")
    .split(".");
  const expected = createHmac("sha256", SECRET).update(`${head}.${body}`).digest("base64url");
  if (signature !== expected) return null;
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  const now = Date.now() / 1000;
  return Number(claims["nbf"]) <= now && now < Number(claims["exp"]) && claims["iss"] === KEY ? claims : null;
}

const twirp = (status: number, code: string, meta?: object): FakeAnswer => ({
  status,
  body: { code, msg: code, ...(meta ? { meta } : {}) },
});

async function startFakeLivekit() {
  const rooms = new Map<string, Set<string>>([["room-1", new Set(["caller", "agent"])]]);
  const referrals: Record<string, unknown>[] = [];
  let behaviour: Behaviour = "picks up";
  const server = await startFakeServer(({ method, url, headers, body }): FakeAnswer => {
    const claims = claimsOf(headers.authorization);
    if (claims === null) return twirp(401, "unauthenticated");
    const video = claims["video"] as { room?: string; roomAdmin?: boolean } | undefined;
    const room = String(body["room_name"] ?? body["room"]);
    if (method !== "POST" || video?.roomAdmin !== true || video.room !== room) return twirp(403, "permission_denied");
    const identity = String(body["participant_identity"] ?? body["identity"]);
    const people = rooms.get(room);
    if (people?.has(identity) !== true) return twirp(404, "not_found");
    if (url.pathname === "/twirp/livekit.RoomService/GetParticipant")
      return { status: 200, body: { identity, attributes: { "sip.callStatus": "active" } } };
    if (url.pathname !== "/twirp/livekit.SIP/TransferSIPParticipant") return twirp(404, "bad_route");
    if ((claims["sip"] as { call?: boolean } | undefined)?.call !== true) return twirp(403, "permission_denied");
    if (!/^tel:\+\d+$/.test(String(body["transfer_to"]))) return twirp(400, "invalid_argument");
    referrals.push(body);
    switch (behaviour) {
      case "picks up":
        people.delete(identity);
        return { status: 200 };
      case "late":
        setTimeout(() => people.delete(identity), 100);
        return twirp(408, "canceled");
      case "late without effect":
        return twirp(408, "deadline_exceeded");
      case "broken":
        people.delete(identity);
        return null;
      case "busy":
        return twirp(503, "unavailable", { sip_status_code: "486", sip_status: "Busy Here" });
      case "internal":
        return twirp(500, "internal");
      case "no trunk":
        return twirp(412, "failed_precondition");
    }
  });
  return { ...server, rooms, referrals, behave: (next: Behaviour) => void (behaviour = next) };
}

describe("phone transfers through LiveKit", () => {
  let livekit: Awaited<ReturnType<typeof startFakeLivekit>>;
  let handoffs: DurableHandoffs;
  const provider = () =>
    livekitProvider({ url: livekit.url, apiKey: KEY, apiSecret: SECRET, settleAfterMs: 300, playDialtone: true });
  beforeEach(async () => {
    livekit = await startFakeLivekit();
    handoffs = await openHandoffs({ store: "memory:", provider: provider(), settings: { fireMs: 2500, pollMs: 20 } });
  });
  afterEach(async () => {
    await handoffs.close();
    await livekit.close();
  });
  const call = (of: object = {}) => ({ id: "caller", provider: "livekit", room: "room-1", ...of });
  async function transfer(of: object = {}) {
    const claim = transferRecord({ call: call(of) });
    await handoffs.record(claim);
    return { claim, result: await handoffs.fire(claim.intentId, never) };
  }
  const settled = (intentId: string, state: string) =>
    eventually(
      () => handoffs.outbox.show(intentId),
      (row) => row?.state === state,
    );

  test("the caller is referred to the number, and has left the room", async () => {
    expect((await transfer()).result).toBe("accepted");
    expect(livekit.referrals).toEqual([
      { room_name: "room-1", participant_identity: "caller", transfer_to: "tel:+15551234567", play_dialtone: true },
    ]);
    expect(livekit.rooms.get("room-1")).toEqual(new Set(["agent"]));
  });

  test.each([-3_600_000, 3_600_000])(
    "is asked with the store's time where the machine's clock is off by %i",
    async (off) => {
      const signed: unknown[] = [];
      const ours = livekitProvider({
        url: livekit.url,
        apiKey: KEY,
        apiSecret: SECRET,
        now: () => Date.now() + off,
        send: async ({ headers }) => {
          signed.push(claimsOf(headers["authorization"]));
          return { status: 200, headers: {}, body: "{}" };
        },
      });
      const request = { ...transferRequestOf(), call: call() };
      expect(await ours.transfer?.(request, never)).toEqual({ type: "accepted" });
      await ours.reconcile?.(request, never);
      expect(signed).toEqual([expect.objectContaining({ iss: KEY }), expect.objectContaining({ iss: KEY })]);
    },
  );

  test.each([["late"], ["broken"]] as const)(
    "a success after a lost answer (%s) is unknown, then found, and not repeated",
    async (behaviour) => {
      livekit.behave(behaviour);
      const { claim, result } = await transfer();
      expect(result).toBe("unknown");
      await settled(claim.intentId, "transferred");
      expect(livekit.referrals).toHaveLength(1);
    },
  );

  test.each([["late without effect"], ["internal"]] as const)(
    "no success after a lost answer (%s) becomes a standard hand-off",
    async (behaviour) => {
      livekit.behave(behaviour);
      const { claim, result } = await transfer();
      expect(result).toBe("unknown");
      expect(await settled(claim.intentId, "transfer_failed")).toMatchObject({
        kind: "handoff",
        code: "transfer_never_happened",
      });
      expect(livekit.referrals).toHaveLength(1);
    },
  );

  test.each([
    ["busy", "sip_486"],
    ["no trunk", "livekit_failed_precondition"],
  ] as const)("%s is refused, though the status alone would leave it open", async (behaviour, code) => {
    livekit.behave(behaviour);
    const { claim, result } = await transfer();
    expect(result).toBe("refused");
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ kind: "handoff", code });
  });

  test.each([
    ["who hung up", { id: "somebody" }, "call_ended"],
    ["of another carrier", { provider: "twilio" }, "not_a_livekit_call"],
    ["without a room", { room: undefined }, "not_a_livekit_call"],
  ])("a caller %s is refused", async (_, of, code) => {
    const { claim, result } = await transfer(of);
    expect(result).toBe("refused");
    expect(await handoffs.outbox.show(claim.intentId)).toMatchObject({ code });
  });

  test("nobody there is refused: surely nothing was asked", async () => {
    await livekit.close();
    expect((await transfer()).result).toBe("refused");
  });

  test("another secret is refused", async () => {
    const other = livekitProvider({ url: livekit.url, apiKey: KEY, apiSecret: "another" });
    await using opened = await openHandoffs({ store: "memory:", provider: other });
    const claim = transferRecord({ call: call() });
    await opened.record(claim);
    expect(await opened.fire(claim.intentId, never)).toBe("refused");
  });

  test("keeps the provider contract, with a call that is told where it is by the host", async () => {
    const located = livekitProvider({
      url: livekit.url.replace("http", "ws"),
      apiKey: KEY,
      apiSecret: SECRET,
      locate: ({ call: of }) => ({ room: "room-1", identity: String(of?.id) }),
    });
    await checkProvider(located, { call: { id: "caller", provider: "other" } });
  });

  test.each([
    ["url", { url: "project.livekit.cloud" }],
    ["apiSecret", { apiSecret: "" }],
    ["locate", { locate: "room" }],
  ])("a wrong %s is named", (key, of) => {
    expect(() =>
      livekitProvider({ url: "https://x.livekit.cloud", apiKey: KEY, apiSecret: SECRET, ...of } as never),
    ).toThrow(`"${key}" should be`);
  });
});

function transferRequestOf(): TransferRequest {
  const sentAt = new Date().toISOString();
  const of = { tenant: "acme", conversationId: "c", epoch: 0, executionId: "e", reason: null, code: null, attempt: 1 };
  return { ...of, intentId: "i", call: null, recordedAt: sentAt, sentAt, ageMs: 0, phoneDestination: "+15551234567" };
}
