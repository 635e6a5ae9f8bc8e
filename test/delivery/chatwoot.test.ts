// Chatwoot, against a fake that keeps conversations and what each kind of token may do, as its documents and its users' reports say.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  chatwootProvider,
  checkProvider,
  openHandoffs,
  type ChatwootOptions,
  type HandoffDelivery,
} from "../../delivery/index.ts";
import { BOT, startFakeChatwoot, USER } from "./chatwoot-fake.ts";
import { eventually, recordRequest } from "./fixtures.ts";

const open = () => AbortSignal.timeout(5000);
const DOWN = { status: 502, body: "<html>Bad gateway</html>", headers: { "content-type": "text/html" } };
const PAGE = { status: 200, body: "<html>Maintenance</html>", headers: { "content-type": "text/html" } };

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
    chatwoot.trouble("messages", null, true);
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "delivered" });
    expect(conversation()?.notes).toHaveLength(1);
    chatwoot.trouble("messages", { status: 500, body: {} });
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "retry", code: "chatwoot_note_500" });
  });

  test("a proxy's page with status 200 is no delivery", async () => {
    chatwoot.trouble("all", PAGE);
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
    chatwoot.trouble("all", DOWN);
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type: "retry", code: "chatwoot_502" });
    expect(await provider().deliver?.(handoff({ conversationId: "abc" }), open())).toMatchObject({ type: "dead" });
  });

  test("a team is given the conversation", async () => {
    expect(await provider({ teamId: 3, apiAccessToken: USER }).deliver?.(handoff(), open())).toEqual({
      type: "delivered",
    });
    expect(conversation()).toMatchObject({ status: "open", team: 3, notes: ["Handed off by the bot: Fraud 💬"] });
    chatwoot.rights.botsAssign = true;
    expect(await provider({ teamId: 3 }).deliver?.(handoff(), open())).toEqual({ type: "delivered" });
  });

  test.each([
    ["the token of a bot that may not assign", { teamId: 3 }, "chatwoot_team_401"],
    ["a team that is not there", { teamId: 4, apiAccessToken: USER }, "chatwoot_team_missing"],
  ])("%s costs the team and not the human, and opens the conversation once", async (_, of, code) => {
    expect(await provider(of).deliver?.(handoff(), open())).toEqual({ type: "delivered", code });
    expect(conversation()).toMatchObject({
      status: "open",
      team: null,
      notes: [`Handed off by the bot: Fraud 💬 (It could not be given to team ${of.teamId}.)`],
    });
  });

  test.each([
    [403, "chatwoot_team_403"],
    [404, "chatwoot_team_404"],
    [422, "chatwoot_team_422"],
  ])("an assignment that is answered with %s is not asked for again", async (status, code) => {
    chatwoot.trouble("assignments", { status, body: {} });
    expect(await provider({ teamId: 3 }).deliver?.(handoff(), open())).toEqual({ type: "delivered", code });
    expect(conversation()?.status).toBe("open");
  });

  test.each([
    ["a fault of the server", { status: 503, body: {} }, "chatwoot_team_503"],
    ["a throttle", { status: 429, body: "Retry later\n", headers: { "retry-after": "7" } }, "chatwoot_team_429"],
    ["a broken connection", null, "chatwoot_team_no_answer"],
    ["a proxy's page", PAGE, "chatwoot_team_missing"],
  ])("%s at the assignment is worth five attempts, and not a day of reopening", async (_, answer, code) => {
    chatwoot.trouble("assignments", answer);
    const ours = provider({ teamId: 3 });
    const results = [];
    for (const attempt of [1, 2, 3, 4, 5]) results.push(await ours.deliver?.(handoff({ attempt }), open()));
    const after = code === "chatwoot_team_429" ? { afterMs: 7000 } : {};
    for (const result of results.slice(0, 4)) expect(result).toEqual({ type: "retry", code, ...after });
    expect(results[4]).toEqual({ type: "delivered", code });
    expect(conversation()?.notes).toHaveLength(1);
  });

  test.each([
    ["may be a fault that passes", { status: 422, body: { error: "could not obtain a connection" } }, "retry"],
    ["is final", { status: 401, body: {} }, "delivered"],
  ])("a note that is refused %s", async (_, answer, type) => {
    chatwoot.trouble("messages", answer);
    expect(await provider().deliver?.(handoff(), open())).toEqual({ type, code: `chatwoot_note_${answer.status}` });
    expect(await provider().deliver?.(handoff({ attempt: 5 }), open())).toMatchObject({ type: "delivered" });
    expect(conversation()?.status).toBe("open");
  });

  test("the row says what was left undone, and so does the log", async () => {
    const warnings: unknown[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (fields: object, text: string) => void warnings.push({ ...fields, text }) }; // prettier-ignore
    const ours = provider({ conversation: () => 42, teamId: 4, apiAccessToken: USER });
    await using handoffs = await openHandoffs({ store: "memory:", provider: ours, settings: { pollMs: 10 }, logger });
    const claim = recordRequest();
    await handoffs.record(claim);
    const row = await eventually(
      () => handoffs.outbox.show(claim.intentId),
      (found) => found?.status === "delivered",
    );
    expect(row).toMatchObject({ code: "chatwoot_team_missing", attempts: 1 });
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: "chatwoot_team_missing", intentId: claim.intentId }),
    );
    expect(conversation()?.opened).toBe(1);
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
    chatwoot.trouble("all", DOWN);
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
    chatwoot.calm();
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
