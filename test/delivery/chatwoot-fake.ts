/**
 * Chatwoot as its source and its users' reports say: conversations that toggle, teams of which it takes any number and answers 200 with null for one it
 * has not, tokens of bots and of users with different rights, faults of a note that are all 422, and a throttle in front.
 */
import { startFakeServer, type FakeAnswer, type FakeRequest } from "./fake-server.ts";

export const BOT = "bot-token";
export const USER = "user-token";

export interface FakeConversation {
  status: "open" | "pending" | "resolved";
  readonly notes: string[];
  team: number | null;
  /** How often it went from another status to open. */
  opened: number;
}

export type Action = "toggle_status" | "assignments" | "messages";

export async function startFakeChatwoot() {
  const conversations = new Map<string, FakeConversation>([
    ["42", { status: "pending", notes: [], team: null, opened: 0 }],
  ]);
  const teams = new Set([3]);
  const troubles = new Map<Action, { readonly answer: FakeAnswer; readonly effect: boolean }>();
  /** Since 2024 a bot's token may assign. */
  const rights = { botsAssign: false };

  function respond(request: FakeRequest): FakeAnswer {
    const [, id = "", action = ""] =
      /^\/api\/v1\/accounts\/7\/conversations\/(\d+)\/(\w+)$/.exec(request.url.pathname) ?? [];
    const trouble = troubles.get(action as Action);
    if (trouble !== undefined && !trouble.effect) return trouble.answer;
    const answer = chatwoot(request, id, action);
    return trouble === undefined ? answer : trouble.answer;
  }

  function chatwoot({ method, headers, body }: FakeRequest, id: string, action: string): FakeAnswer {
    const token = headers["api_access_token"];
    if (token !== BOT && token !== USER) return { status: 401, body: { error: "Invalid Access Token" } };
    const conversation = conversations.get(id);
    if (method !== "POST" || conversation === undefined)
      return { status: 404, body: { error: "Resource could not be found" } };
    switch (action) {
      case "toggle_status": {
        // Without a status it toggles, which would resolve what is open.
        const next = (body["status"] ?? (conversation.status === "open" ? "resolved" : "open")) as "open";
        if (next === "open" && conversation.status !== "open") conversation.opened += 1;
        conversation.status = next;
        return {
          status: 200,
          body: { meta: {}, payload: { success: true, current_status: next, conversation_id: Number(id) } },
        };
      }
      case "assignments": {
        if (token === BOT && !rights.botsAssign)
          return { status: 401, body: { error: "Access to this endpoint is not authorized for bots" } };
        const team = Number(body["team_id"]);
        conversation.team = teams.has(team) ? team : null;
        return { status: 200, body: conversation.team === null ? "null" : { id: team, name: "fraud" } };
      }
      case "messages":
        if (body["private"] !== true) return { status: 422, body: { error: "Not in this test" } };
        conversation.notes.push(String(body["content"]));
        return { status: 200, body: { id: conversation.notes.length } };
      default:
        return { status: 404, body: { error: "Resource could not be found" } };
    }
  }

  const server = await startFakeServer(respond);
  return {
    ...server,
    conversations,
    teams,
    rights,
    /** From now on that action, or every action, is answered so; with its effect where `effect` is true. */
    trouble(action: Action | "all", answer: FakeAnswer, effect = false) {
      for (const each of action === "all" ? (["toggle_status", "assignments", "messages"] as const) : [action])
        troubles.set(each, { answer, effect });
    },
    calm: () => troubles.clear(),
  };
}
