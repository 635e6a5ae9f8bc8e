/**
 * Transfers callers out of a LiveKit room: TransferSIPParticipant has the trunk refer the call to the destination. LiveKit answers only once the
 * other end picked up or did not, and its own deadline may come first while the transfer goes on; so a lost answer is asked about: a caller
 * who has left the room was transferred, one who is there after a while was not. Plain HTTP with a signed token; the SDK is not needed.
 */
import { baseUrl } from "../../base/base-url.ts";
import { createHmac } from "node:crypto";
import { z } from "zod";
import { flag, fn, milliseconds, text } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import type { Provider, TransferRequest, TransferResult } from "../provider.ts";
import { askJson, isFine, isObject, isVendors, type Asked } from "./json-api.ts";
import { tokenSchema, headersSchema, readingAnswers, sendByFetch, type Send } from "./transport.ts";

export interface LivekitOptions {
  /** "https://project.livekit.cloud", or wss:// of the same. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Which participant of which room a call is; without it `conversation.call` says so: `room`, and `id`, the participant's identity. */
  readonly locate?: (transfer: TransferRequest) => LivekitParticipant | null;
  /** Whether the caller hears a dial tone meanwhile. */
  readonly playDialtone?: boolean;
  /** SIP headers of the referral. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long LiveKit may take to say how the transfer went; its own servers give a transfer two minutes. Default 125,000. */
  readonly timeoutMs?: number;
  /** After so long a caller who is still in the room counts as not transferred. Default 130,000. */
  readonly settleAfterMs?: number;
  readonly send?: Send;
  /** The time to sign with where a transfer does not say when it is sent. */
  readonly now?: () => number;
}

interface Question {
  readonly path: "SIP/TransferSIPParticipant" | "RoomService/GetParticipant";
  readonly body: object;
  readonly grants: object;
  readonly at: number;
  readonly signal: AbortSignal;
}

export interface LivekitParticipant {
  readonly room: string;
  readonly identity: string;
}

const URL_WHAT = "the project's address, such as https://project.livekit.cloud";
const SECRET = "the secret of the API key";
const shape = {
  url: z.string(URL_WHAT).refine((url) => /^(?:https?|wss?):\/\/[^/?#@]+\/?$/.test(url) && URL.canParse(url), URL_WHAT),
  apiKey: tokenSchema("the project's API key"),
  // A key of a signature: a server of one's own may have a sentence for it.
  apiSecret: text(SECRET).regex(
    /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u,
    `${SECRET}, without blanks around it or line ends`,
  ),
  locate: fn<NonNullable<LivekitOptions["locate"]>>().optional(),
  playDialtone: flag().optional(),
  headers: headersSchema([]).optional(),
  timeoutMs: milliseconds().optional(),
  settleAfterMs: milliseconds().optional(),
  send: fn<Send>().optional(),
  now: fn<() => number>().optional(),
} satisfies Record<keyof LivekitOptions, z.ZodType>;

export function livekitProvider(given: LivekitOptions): Provider {
  const options = readGiven(z.strictObject(shape), given, "livekitProvider") as LivekitOptions;
  const { timeoutMs = 125_000, settleAfterMs = 130_000, locate = located } = options;
  const send = readingAnswers(options.send ?? sendByFetch);
  const base = baseUrl(options.url.replace(/^ws/, "http"));
  const ask = ({ path, body, grants, at, signal }: Question): Promise<Asked> =>
    askJson(send, {
      method: "POST",
      url: `${base}/twirp/livekit.${path}`,
      headers: { authorization: `Bearer ${tokenFor(options, grants, at)}` },
      body,
      signal,
    });

  return {
    name: "livekit",
    async transfer(transfer, signal) {
      if (signal.aborted) return { type: "refused", code: "provider_not_asked" };
      const participant = participantOf(transfer, locate);
      if (participant === null) return { type: "refused", code: "not_a_livekit_call" };
      const { room, identity } = participant;
      const body = {
        room_name: room,
        participant_identity: identity,
        transfer_to: `tel:${transfer.phoneDestination}`,
        ...(options.playDialtone === undefined ? {} : { play_dialtone: options.playDialtone }),
        ...(options.headers === undefined ? {} : { headers: options.headers }),
      };
      const grants = { sip: { call: true }, video: { room, roomAdmin: true } };
      // Not by the caller's signal: a request that is broken off breaks the referral off at some servers and at others not.
      const limited = AbortSignal.timeout(timeoutMs);
      const path = "SIP/TransferSIPParticipant";
      return transferResult(await ask({ path, body, grants, at: timeOf(transfer, options), signal: limited }));
    },
    async reconcile(transfer, signal) {
      const participant = participantOf(transfer, locate);
      if (participant === null) return { type: "refused", code: "not_a_livekit_call" };
      const { room, identity } = participant;
      const grants = { video: { room, roomAdmin: true } };
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const at = timeOf(transfer, options);
      const path = "RoomService/GetParticipant";
      const asked = await ask({ path, body: { room, identity }, grants, at, signal: limited });
      if (asked.type !== "answered") return { type: "unknown", code: "provider_no_answer" };
      // Who was referred leaves the room.
      if (asked.status === 404 && codeOf(asked.body) === "not_found") return { type: "accepted" };
      if (!isFine(asked)) return { type: "unknown", code: `livekit_${codeOf(asked.body) ?? asked.status}` };
      if (!isObject(asked.body)) return { type: "unknown", code: "livekit_answer_invalid" };
      if (sipStatusOf(asked.body) === "hangup") return { type: "accepted" };
      return transfer.ageMs > settleAfterMs
        ? { type: "refused", code: "transfer_never_happened" }
        : { type: "unknown", code: "transfer_pending" };
    },
  };
}

/** `call.room` and `call.id`, where the call is LiveKit's. */
function located({ call }: TransferRequest): LivekitParticipant | null {
  const room = call?.["room"];
  if (call === null || call.provider !== "livekit" || typeof room !== "string" || room === "") return null;
  return { room, identity: call.id };
}

function participantOf(
  transfer: TransferRequest,
  locate: NonNullable<LivekitOptions["locate"]>,
): LivekitParticipant | null {
  try {
    return locate(transfer);
  } catch {
    return null;
  }
}

const TOKEN_SECONDS = 600;

/** The store's time: a token by a clock that is wrong is refused, and with it the transfer. */
function timeOf({ sentAt }: TransferRequest, { now = Date.now }: LivekitOptions): number {
  const time = Date.parse(sentAt);
  return Number.isNaN(time) ? now() : time;
}

/** A JSON Web Token as LiveKit's servers read it; their clock may be a little behind. */
function tokenFor({ apiKey, apiSecret }: LivekitOptions, grants: object, at: number): string {
  const seconds = Math.floor(at / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: apiKey, sub: "baton-runtime", nbf: seconds - 60, exp: seconds + TOKEN_SECONDS, ...grants };
  const content = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${content}.${createHmac("sha256", apiSecret).update(content).digest("base64url")}`;
}

type ErrorBody = { readonly code?: unknown; readonly meta?: { readonly sip_status_code?: unknown } } | null;

const codeOf = (body: unknown): string | null => {
  const code = (body as ErrorBody)?.code;
  return typeof code === "string" && /^[a-z_]{1,40}$/.test(code) ? code : null;
};

const sipStatusOf = (body: unknown): unknown =>
  (body as { readonly attributes?: Readonly<Record<string, unknown>> } | null)?.attributes?.["sip.callStatus"];

/** Of these Twirp codes the server knows that it did nothing. */
const REFUSALS: ReadonlySet<string> = new Set(
  "invalid_argument malformed not_found bad_route already_exists permission_denied unauthenticated failed_precondition unimplemented resource_exhausted".split(
    " ",
  ),
);

function transferResult(asked: Asked): TransferResult {
  if (asked.type === "unreached") return { type: "refused", code: "provider_unreached" };
  if (asked.type === "no_answer") return { type: "unknown", code: "provider_no_answer" };
  if (isFine(asked))
    return isVendors(asked) ? { type: "accepted" } : { type: "unknown", code: "livekit_answer_invalid" };
  const sip = Number((asked.body as ErrorBody)?.meta?.sip_status_code);
  // The other end, or the trunk, said so: busy, declined, not allowed to refer.
  if (sip >= 300 && sip < 700) return { type: "refused", code: `sip_${sip}` };
  const code = codeOf(asked.body);
  if (code === "not_found") return { type: "refused", code: "call_ended" };
  if (code !== null && REFUSALS.has(code)) return { type: "refused", code: `livekit_${code}` };
  if (code === null && asked.status >= 300 && asked.status < 500 && asked.status !== 408)
    return { type: "refused", code: `provider_${asked.status}` };
  // "canceled" and "deadline_exceeded" with 408 have been followed by transfers that succeeded.
  return { type: "unknown", code: `livekit_${code ?? asked.status}` };
}
