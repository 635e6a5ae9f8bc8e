/**
 * Hands conversations of a Chatwoot inbox to its agents: the conversation's status becomes `open`, which takes it from the bot, and a private note
 * says why. Setting a status twice is no harm; a note is not asked for again where its answer was lost, since Chatwoot drops no copies.
 *
 * The opening is the hand-off, and it is tried for as long as any. What goes along with it, the team and the note, is not: each attempt would open
 * again what an agent may have resolved meanwhile. So a part that is refused, or fails a few times, leaves a delivery with a code that says so.
 */
import { baseUrl } from "../../base/base-url.ts";
import { z } from "zod";
import { fn, milliseconds, whole } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import type { EgressClient } from "../../host-api/fetch/index.ts";
import type { DeliveryResult, HandoffDelivery, Provider } from "../provider.ts";
import { clientFor, sendThrough } from "./egress-send.ts";
import { askJson, isFine, type Asked } from "./json-api.ts";
import { retryAfterMs } from "./retry-after.ts";
import { isHopeless, privateSchema, readingAnswers, tokenSchema, urlSchema, type Send } from "./transport.ts";

export interface ChatwootOptions {
  /** "https://app.chatwoot.com", or your own. */
  readonly url: string;
  readonly accountId: number;
  /**
   * The access token of an agent bot or of a user. Chatwoot before 2024 lets a bot's set statuses and write notes, and no more; what the token of
   * a user with the role of an agent opens, it assigns to that agent.
   */
  readonly apiAccessToken: string;
  /** Chatwoot's number of a conversation; without it, `conversationId` itself where it is one. */
  readonly conversation?: (handoff: HandoffDelivery) => number | null | Promise<number | null>;
  /** The team that a conversation is given to. One that is not there, or that this token may not assign, costs the team and not the human. */
  readonly teamId?: number;
  /** The note that agents see, or null for none. */
  readonly note?: (handoff: HandoffDelivery) => string | null | Promise<string | null>;
  readonly timeoutMs?: number;
  /** "host:port" exceptions from the rule that only public addresses are reached. */
  readonly private?: readonly string[];
  readonly send?: Send;
}

const ADDRESS = "an absolute http(s) URL, such as https://app.chatwoot.com";
const shape = {
  url: urlSchema(ADDRESS).refine(
    (url) => !/[?#]|\/(?:app|api)(?:\/|$)/.test(url),
    `${ADDRESS}, without /app or /api and what follows`,
  ),
  accountId: whole(1, 2_147_483_647),
  apiAccessToken: tokenSchema("the access token of an agent bot or of a user"),
  conversation: fn<NonNullable<ChatwootOptions["conversation"]>>().optional(),
  teamId: whole(1, 2_147_483_647).optional(),
  note: fn<NonNullable<ChatwootOptions["note"]>>().optional(),
  timeoutMs: milliseconds().optional(),
  private: privateSchema.optional(),
  send: fn<Send>().optional(),
} satisfies Record<keyof ChatwootOptions, z.ZodType>;

export function chatwootProvider(given: ChatwootOptions): Provider {
  const options = readGiven(z.strictObject(shape), given, "chatwootProvider") as ChatwootOptions;
  const { accountId, timeoutMs = 5000 } = options;
  const base = baseUrl(options.url);
  const client = options.send ? null : clientFor(new URL(base), options.private ?? []);
  const send = options.send ? readingAnswers(options.send) : sendThrough(client as EgressClient);
  const about = (id: number, handoff: HandoffDelivery, signal: AbortSignal): Conversation => ({
    handoff,
    post: (path, body) =>
      askJson(send, {
        method: "POST",
        url: `${base}/api/v1/accounts/${accountId}/conversations/${id}/${path}`,
        headers: { api_access_token: options.apiAccessToken },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      }),
  });

  return {
    name: "chatwoot",
    endpoint: new URL(base).origin,
    async close() {
      await client?.close();
    },
    async deliver(handoff, signal) {
      const id = await conversationOf(handoff, options);
      if (typeof id !== "number") return id;
      const conversation = about(id, handoff, signal);
      const opened = await setStatus(conversation, "open");
      if (opened.type !== "delivered") return opened;
      const given = options.teamId === undefined ? DELIVERED : await giveToTeam(conversation, options.teamId);
      return given.type === "delivered" ? writeNote(conversation, options, given) : given;
    },
    async withdraw(handoff, signal) {
      const id = await conversationOf(handoff, options);
      return typeof id === "number" ? setStatus(about(id, handoff, signal), "pending") : id;
    },
  };
}

/** The one that a hand-off is about, as Chatwoot has it. */
interface Conversation {
  readonly handoff: HandoffDelivery;
  post(path: "toggle_status" | "assignments" | "messages", body: object): Promise<Asked>;
}

async function conversationOf(
  handoff: HandoffDelivery,
  { conversation }: ChatwootOptions,
): Promise<number | DeliveryResult> {
  const id: unknown = conversation ? await conversation(handoff) : numberOf(handoff);
  if (id === null) return { type: "dead", code: "not_a_chatwoot_conversation" };
  // A function of the embedder's that gives no number may give one tomorrow.
  return Number.isSafeInteger(id) && (id as number) > 0
    ? (id as number)
    : { type: "retry", code: "chatwoot_conversation_invalid" };
}

async function setStatus({ post, handoff }: Conversation, status: "open" | "pending"): Promise<DeliveryResult> {
  const asked = await post("toggle_status", { status });
  const failure = failureOf(asked, handoff);
  if (failure !== null) return failure;
  // A proxy's page has status 200 as well: only Chatwoot's own word counts.
  return asked.type === "answered" && currentStatus(asked.body) === status
    ? DELIVERED
    : { type: "retry", code: "chatwoot_answer_invalid" };
}

async function giveToTeam({ post, handoff }: Conversation, teamId: number): Promise<DeliveryResult> {
  const asked = await post("assignments", { team_id: teamId });
  const failure = failureOf(asked, handoff);
  if (failure !== null) return alongWith("team", failure, handoff, isFinal(asked, FINAL_OF_TEAM));
  if (asked.type === "answered" && idOf(asked.body) === teamId) return DELIVERED;
  // Of a team that it does not have, Chatwoot says 200 and null, and takes the conversation from the team it had.
  const own = asked.type === "answered" && (asked.headers["content-type"] ?? "").includes("json");
  return alongWith("team", { type: "retry", code: "chatwoot_missing" }, handoff, own);
}

/** `given` is what became of the team, and of the delivery where there is no note. */
async function writeNote(
  { post, handoff }: Conversation,
  { note, teamId }: ChatwootOptions,
  given: Delivered,
): Promise<DeliveryResult> {
  const text = await noteFor(handoff, note);
  if (text === null) return given;
  const content = given.code === undefined ? text : `${text} (It could not be given to team ${teamId}.)`;
  const noted = await post("messages", { content, message_type: "outgoing", private: true });
  // The agents have the conversation; a second copy of the note would only be in their way.
  if (noted.type === "no_answer") return given;
  const failure = failureOf(noted, handoff);
  return failure === null ? given : alongWith("note", failure, handoff, isFinal(noted, FINAL));
}

const DELIVERED: Delivered = { type: "delivered" };
type Delivered = Extract<DeliveryResult, { type: "delivered" }>;
type Failure = Exclude<DeliveryResult, { type: "delivered" }>;

/** What goes along with the opening is tried so often, which is for about half a minute. */
const TRIES_ALONG = 5;
/** Refused by the token's rights, or because what was asked for is not there: an option has to change. */
const FINAL: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 405, 410]);
/** Of a team 422 says that the conversation cannot have it; of a note it may be any fault of the server's. */
const FINAL_OF_TEAM: ReadonlySet<number> = new Set([...FINAL, 422]);

const isFinal = (asked: Asked, statuses: ReadonlySet<number>): boolean =>
  asked.type === "answered" && statuses.has(asked.status);

/** The conversation is open: a part that stays away is worth a few more tries, and then a word. */
function alongWith(
  part: "team" | "note",
  failure: Failure,
  { attempt }: HandoffDelivery,
  final: boolean,
): DeliveryResult {
  const code = failure.code.replace("chatwoot_", `chatwoot_${part}_`);
  if (failure.type === "dead" || final || attempt >= TRIES_ALONG) return { type: "delivered", code };
  return { ...failure, code };
}

const idOf = (body: unknown): unknown => (body as { readonly id?: unknown } | null)?.id;

function numberOf({ conversationId }: HandoffDelivery): number | null {
  return /^[1-9]\d{0,9}$/.test(conversationId) ? Number(conversationId) : null;
}

function noteOf({ reason, code }: HandoffDelivery): string | null {
  const why = reason === null ? "Handed off by the bot." : `Handed off by the bot: ${reason}`;
  return code === null ? why : `${why} (The call could not be transferred: ${code}.)`;
}

/** Null: none. A function that throws, or gives no text, costs its words and not the human. */
async function noteFor(handoff: HandoffDelivery, given: ChatwootOptions["note"]): Promise<string | null> {
  if (given === undefined) return noteOf(handoff);
  try {
    const content: unknown = await given(handoff);
    if (content === null || content === "") return null;
    return typeof content === "string" ? content : noteOf(handoff);
  } catch {
    return noteOf(handoff);
  }
}

function currentStatus(body: unknown): unknown {
  return (body as { readonly payload?: { readonly current_status?: unknown } } | null)?.payload?.current_status;
}

function failureOf(asked: Asked, { sentAt }: HandoffDelivery): Failure | null {
  if (asked.type === "unreached") {
    const code = `chatwoot_unreached_${asked.reason.toLowerCase()}`;
    return { type: isHopeless(asked.reason) ? "dead" : "retry", code };
  }
  if (asked.type === "no_answer") return { type: "retry", code: "chatwoot_no_answer" };
  if (isFine(asked)) return null;
  const code = `chatwoot_${asked.status}`;
  if (asked.status === 410) return { type: "dead", code };
  const afterMs = retryAfterMs(asked.headers, Date.parse(sentAt));
  return { type: "retry", code, ...(afterMs === null ? {} : { afterMs }) };
}
