// Chatwoot, against a fake that keeps conversations and what each kind of token may do, as its documents and its users' reports say.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  chatwootProvider,
  checkProvider,
  openHandoffs,
  type ChatwootOptions,
  type HandoffDelivery,
} from "../../delivery/index.ts";
import { startFakeServer, type FakeAnswer } from "./fake-server.ts";
import { eventually, recordRequest } from "./fixtures.ts";

const BOT = "bot-token";
const USER = "user-token";
const open = () => AbortSignal.timeout(5000);
type Behaviour = "normal" | "a note without answer" | "no notes" | "a proxy's page" | "down";

async function startFakeChatwoot() {
  const conversations = new Map([["42", { status: "pending", notes: [] as string[], team: null as unknown }]]);
  let behaviour: Behaviour = "normal";
  const server = await startFakeServer(({ method, url, headers, body }): FakeAnswer => {
    if (behaviour === "down") return { status: 502, body: "<html>Bad gateway</html>" };
    if (behaviour === "a proxy's page") return { status: 200, body: "<html>Maintenance</html>" };
    const token = headers["api_access_token"];
    if (token !== BOT && token !== USER) return { status: 401, body: { error: "Invalid Access Token" } };
    const [, id = "", action] = /^\/api\/v1\/accounts\/7\/conversations\/(\d+)\/(\w+)$/.exec(url.pathname) ?? [];
    const conversation = conversations.get(id);
    if (method !== "POST" || conversation === undefined)
      return { status: 404, body: { error: "Resource could not be found" } };
    if (action === "toggle_status") {
      // Without a status it toggles, which would resolve what is open.
      const given = body["status"] as string | undefined;
      const next = given ?? (conversation.status === "open" ? "resolved" : "open");
      conversation.status = next;
      return {
        status: 200,
        body: { meta: {}, payload: { success: true, current_status: next, conversation_id: Number(id) } },
      };
    }
    if (action === "assignments") {
      if (token === BOT) return { status: 401, body: { error: "Access to this endpoint is not authorized for bots" } };
      conversation.team = body["team_id"];
      return { status: 200, body: {} };
    }
    if (action !== "messages" || body["private"] !== true) return { status: 422 };
    if (behaviour === "no notes") return { status: 500, body: {} };
    conversation.notes.push(String(body["content"]));
    return behaviour === "a note without answer" ? null : { status: 200, body: { id: 1 } };
  });
  return { ...server, conversations, behave: (next: Behaviour) => void (behaviour = next) };
}

describe("hand-offs through Chatwoot", () => {
  let chatwoot: Awaited<ReturnType<typeof startFakeChatwoot>>;
  beforeEach(async () => void (chatwoot = await startFakeChatwoot()));
  afterEach(() => chatwoot.close());
  const provider = (of: Partial<ChatwootOptions> = {}) =>
    chatwootProvider({
      url: chatwoot.url,
      accountId: 7,
      apiAccessToken: BOT,
      private: [new URL(chatwoot.url).host],
      ...of,
    });
  const handoff = (of: Partial<HandoffDelivery> = {}): HandoffDelivery => ({
    ...{
      intentId: "intent",
      tenant: "acme",
      conversationId: "42",
      epoch: 0,
      executionId: "execution",
      reason: "Fraud 💬",
      code: null,
    },
    ...{ call: null, recordedAt: new Date().toISOString(), ageMs: 0, sentAt: new Date().toISOString(), attempt: 1 },
    ...of,
  });
  const conversation = () => chatwoot.conversations.get("42");

  test("the conversation is opened for agents, with the reason in a private note", async () => {
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "delivered" });
    expect(conversation()).toMatchObject({ status: "open", notes: ["Handed off by the bot: Fraud 💬"] });
  });

  test("delivering it again opens it still, and resolves nothing", async () => {
    for (const attempt of [1, 2, 3]) await provider().deliver?.(handoff({ attempt }), open());
    expect(conversation()?.status).toBe("open");
  });

  test("a note whose answer was lost is not written twice, one that failed is tried again", async () => {
    chatwoot.behave("a note without answer");
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "delivered" });
    expect(conversation()?.notes).toHaveLength(1);
    chatwoot.behave("no notes");
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "retry", code: "chatwoot_500" });
  });

  test("a proxy's page with status 200 is no delivery", async () => {
    chatwoot.behave("a proxy's page");
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "retry", code: "chatwoot_answer_invalid" });
  });

  test("what is down, or not known yet, is tried again; what no Chatwoot has is not", async () => {
    expect(await provider().deliver?.(handoff({ conversationId: "43" }), open())).toEqual({
      type: "retry",
      code: "chatwoot_404",
    });
    expect(await provider({ apiAccessToken: "x" }).deliver?.(handoff(), open())).toEqual({
      type: "retry",
      code: "chatwoot_401",
    });
    chatwoot.behave("down");
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "retry", code: "chatwoot_502" });
    expect(await provider().deliver?.(handoff({ conversationId: "abc" }), open())).toMatchObject({ type: "dead" });
  });

  test("a team is given the conversation by a user's token; a bot's is told that it may not", async () => {
    expect(await provider({ teamId: 3 }).deliver?.(handoff(), open())).toEqual({ type: "retry", code: "chatwoot_401" });
    expect(await provider({ teamId: 3, apiAccessToken: USER }).deliver?.(handoff(), open())).toEqual({
      type: "delivered",
    });
    expect(conversation()?.team).toBe(3);
  });

  test.each([
    ["a promise of a number", async () => 42, { type: "delivered" }],
    ["a promise of null", async () => null, { type: "dead", code: "not_a_chatwoot_conversation" }],
    ["text", () => "42" as never, { type: "retry", code: "chatwoot_conversation_invalid" }],
    ["no number", () => Number.NaN, { type: "retry", code: "chatwoot_conversation_invalid" }],
    ["nothing", () => undefined as never, { type: "retry", code: "chatwoot_conversation_invalid" }],
  ])("a function of the conversation may give %s", async (_, found, result) => {
    expect(await provider({ conversation: found }).deliver?.(handoff({ conversationId: "abc" }), open())).toEqual(
      result,
    );
    expect(conversation()?.status).toBe(result.type === "delivered" ? "open" : "pending");
  });

  test.each([
    ["throws", () => { throw new Error("no words"); }], // prettier-ignore
    ["gives no text", () => 5 as never],
  ])("a note that %s costs its words and not the human", async (_, note) => {
    expect(await provider({ note }).deliver?.(handoff(), open())).toEqual({ type: "delivered" });
    expect(conversation()).toMatchObject({ status: "open", notes: ["Handed off by the bot: Fraud 💬"] });
  });

  test("a hand-off that is withdrawn gives the conversation back to the bot", async () => {
    await provider().deliver?.(handoff(), open());
    expect(await provider().withdraw?.(handoff(), open())).toEqual({ type: "delivered" });
    expect(conversation()?.status).toBe("pending");
  });

  test("an address that is not public is not reached, unless it is named", async () => {
    const closed = chatwootProvider({ url: chatwoot.url, accountId: 7, apiAccessToken: BOT });
    expect(await closed.deliver?.(handoff(), open())).toMatchObject({
      type: "dead",
      code: "chatwoot_unreached_egress_address",
    });
    expect(chatwoot.seen).toHaveLength(0);
  });

  test("an outage is over in the end: the relay comes back", async () => {
    chatwoot.behave("down");
    const ours = provider({ conversation: () => 42, note: () => null });
    await using handoffs = await openHandoffs({
      store: "memory:",
      provider: ours,
      settings: { pollMs: 10 },
      random: () => 0,
    });
    const claim = recordRequest();
    await handoffs.record(claim);
    await eventually(
      async () => chatwoot.seen.length,
      (count) => count > 0,
    );
    chatwoot.behave("normal");
    await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (row) => row?.status === "delivered",
    );
    expect(conversation()).toMatchObject({ status: "open", notes: [] });
  });

  test("keeps the provider contract", async () => {
    await checkProvider(provider(), { conversationId: "42" });
  });

  test.each([
    ["url", { url: "chatwoot" }],
    ["accountId", { accountId: "7" }],
    ["apiAccessToken", { apiAccessToken: undefined }],
    ["note", { note: "text" }],
  ])("a wrong %s is named", (key, of) => {
    expect(() =>
      chatwootProvider({ url: "https://x.example", accountId: 7, apiAccessToken: BOT, ...of } as never),
    ).toThrow(`"${key}"`);
  });
});
