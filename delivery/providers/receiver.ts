/**
 * The other end of the webhook: verifies what arrives, and says whether it is new, being handled or done, so that at-least-once becomes once
 * and an event whose handler failed comes again.
 */
import { z } from "zod";
import { fn, milliseconds, offering, text, whole } from "../../base/options.ts";
import { readGiven } from "../given.ts";
import { EVENT_TYPES, eventId, type HandoffEvent } from "./events.ts";
import { memorySeenIds, type SeenIds } from "./seen-events.ts";
import { secretsSchema, verify } from "./signature.ts";

export interface ReceiverOptions {
  readonly secrets: readonly string[];
  /** Where seen ids are kept; by default in memory. Keep them somewhere durable where losing one would page a second human. */
  readonly seen?: SeenIds;
  /** How long a handler may take; one that neither succeeds nor fails by then has lost its event to the next attempt. Default 60,000. */
  readonly leaseMs?: number;
  /** How old a signature may be. Default 300. */
  readonly toleranceSeconds?: number;
  readonly now?: () => number;
}

export type Received =
  /** New. Handle it, then call `done`, or `release` where that failed; `handle` of the receiver does both. */
  | { readonly type: "event"; readonly event: HandoffEvent; done(): Promise<void>; release(): Promise<void> }
  /** Another handles it at this moment, and may fail: answer 503 with Retry-After, so that the sender comes again. */
  | { readonly type: "in_progress"; readonly id: string; readonly retryAfterSeconds: number }
  /** Handled before: answer 2xx and do nothing. */
  | { readonly type: "duplicate"; readonly id: string }
  /** Answer 400 and do nothing. */
  | { readonly type: "invalid"; readonly reason: "headers" | "signature" | "too_old" | "body" };

/** Headers as any server has them: `Headers`, a Map, pairs, or an object; in any case of letters. */
export type IncomingHeaders =
  | Iterable<readonly [string, string | readonly string[] | undefined]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** What to answer the sender with. */
export interface Answer {
  readonly status: 204 | 400 | 500 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly received: Received;
  /** What the handler threw (500), or the store of seen ids: before the handler ran (503), or after it had handled the event (204). */
  readonly error?: unknown;
}

export interface Receiver {
  /** `body` is the raw body of the request, before anything parsed it. */
  receive(headers: IncomingHeaders, body: string | Uint8Array | ArrayBuffer): Promise<Received>;
  /** Receives, has a new event handled, and marks it done, or released where the handler threw. Answer the sender with what it gives. */
  handle(
    headers: IncomingHeaders,
    body: string | Uint8Array | ArrayBuffer,
    handler: (event: HandoffEvent) => unknown,
  ): Promise<Answer>;
  /** The event was handled: as `done` of what `receive` gave. */
  done(event: string | Pick<HandoffEvent, "id">): Promise<void>;
  /** The event was not handled after all, not even where it was done: the next attempt is an event again. */
  release(event: string | Pick<HandoffEvent, "id">): Promise<void>;
  /** As `release`; an intent id alone stands for its standard hand-off. */
  forget(event: string | Pick<HandoffEvent, "id">): Promise<void>;
}

const shape = {
  secrets: secretsSchema,
  seen: offering<SeenIds>("an object with the functions claim, done and release", [
    "claim",
    "done",
    "release",
  ]).optional(),
  leaseMs: milliseconds().optional(),
  toleranceSeconds: whole(1, 86_400).optional(),
  now: fn<() => number>().optional(),
} satisfies Record<keyof ReceiverOptions, z.ZodType>;

const anId = text("an event, or its id");

const headersSchema = z.object({
  "webhook-id": z.string().min(1).max(512),
  "webhook-timestamp": z.string().regex(/^\d{1,12}$/),
  "webhook-signature": z.string().min(1).max(4096),
});

const eventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  data: z.looseObject({ intentId: z.string(), tenant: z.string(), conversationId: z.string(), epoch: z.number() }),
});

type ReadRequest =
  | { readonly type: "event"; readonly event: HandoffEvent }
  | Extract<Received, { readonly type: "invalid" }>;

export function createReceiver(given: ReceiverOptions): Receiver {
  const options = readGiven(z.strictObject(shape), given, "createReceiver") as ReceiverOptions;
  const { seen = createSeenIds(), leaseMs = 60_000 } = options;
  const idOf = (event: string | Pick<HandoffEvent, "id">): string =>
    readGiven(anId, typeof event === "string" ? event : event?.id, "createReceiver: done, release and forget");
  const receiver: Receiver = {
    async receive(givenHeaders, body) {
      const read = readRequest(options, givenHeaders, body);
      return read.type === "invalid" ? read : claim(read.event);
    },
    async handle(givenHeaders, body, handler) {
      readGiven(fn(), handler, "createReceiver: handle(headers, body, handler)");
      const read = readRequest(options, givenHeaders, body);
      if (read.type === "invalid") return { status: 400, headers: {}, received: read };
      const { id } = read.event;
      const busy = (retryAfterSeconds: number): Answer => {
        const received = { type: "in_progress", id, retryAfterSeconds } as const;
        return { status: 503, headers: { "retry-after": String(retryAfterSeconds) }, received };
      };
      let received: Received;
      try {
        received = await claim(read.event);
      } catch (error) {
        // Nothing was handled, so the sender has to come again.
        return { ...busy(1), error };
      }
      if (received.type === "in_progress") return busy(received.retryAfterSeconds);
      const answer = (status: Answer["status"], of: object = {}): Answer => ({ status, headers: {}, received, ...of });
      if (received.type !== "event") return answer(204);
      try {
        await handler(received.event);
      } catch (error) {
        // A store that is away keeps the event to the end of its lease; the sender comes later than that as well.
        await received.release().catch(() => {});
        return answer(500, { error });
      }
      return received.done().then(
        () => answer(204),
        // It was handled, and must not come again.
        (error: unknown) => answer(204, { error }),
      );
    },
    done: async (event) => seen.done(idOf(event)),
    release: async (event) => seen.release(idOf(event)),
    forget: (event) => receiver.release(/:/.test(idOf(event)) ? event : eventId(idOf(event), "baton.handoff.recorded")),
  };
  return receiver;

  async function claim(event: HandoffEvent): Promise<Exclude<Received, { readonly type: "invalid" }>> {
    const { id } = event;
    const until = performance.now() + leaseMs;
    const claimed = await seen.claim(id, leaseMs);
    if (claimed === "done") return { type: "duplicate", id };
    if (claimed !== "claimed") return { type: "in_progress", id, retryAfterSeconds: secondsOf(claimed, leaseMs) };
    return {
      type: "event",
      event,
      done: () => receiver.done(event),
      // Past the lease it is free already, or another's: perhaps that one's work is done, and this would have it done once more.
      release: async () => (performance.now() < until ? receiver.release(event) : undefined),
    };
  }
}

/** Everything but whether it is new. */
function readRequest(options: ReceiverOptions, givenHeaders: IncomingHeaders, body: unknown): ReadRequest {
  const { secrets, toleranceSeconds = 300, now = Date.now } = options;
  const headers = headersSchema.safeParse(lowerCased(givenHeaders));
  if (!headers.success) return { type: "invalid", reason: "headers" };
  const bytes = bytesOf(body);
  if (bytes === null) return { type: "invalid", reason: "body" };
  if (!verify(headers.data, bytes, secrets)) return { type: "invalid", reason: "signature" };
  const age = now() / 1000 - Number(headers.data["webhook-timestamp"]);
  if (!(Math.abs(age) <= toleranceSeconds)) return { type: "invalid", reason: "too_old" };
  const event = readEvent(bytes);
  if (event === null || event.id !== headers.data["webhook-id"]) return { type: "invalid", reason: "body" };
  return { type: "event", event };
}

/** A store that answers with anything else than the three states counts as busy: nothing is lost by coming again. */
function secondsOf(claim: { readonly inProgressForMs: number } | null | undefined, leaseMs: number): number {
  const ms = Number(claim?.inProgressForMs);
  return Math.max(1, Math.ceil((ms > 0 && Number.isFinite(ms) ? ms : leaseMs) / 1000));
}

function lowerCased(given: IncomingHeaders): Record<string, unknown> {
  if (typeof given !== "object" || given === null) return {};
  const pairs = Symbol.iterator in given ? [...given] : Object.entries(given);
  const lower: Record<string, unknown> = {};
  for (const [name, value] of pairs) {
    if (typeof name !== "string") continue;
    const key = name.toLowerCase();
    const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
    // Two values of one header are no value: which of them was signed is not known.
    lower[key] = Object.hasOwn(lower, key) ? null : one;
  }
  return lower;
}

function bytesOf(body: unknown): Uint8Array | null {
  if (typeof body === "string") return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  // By its name: a buffer of another realm is one too.
  return Object.prototype.toString.call(body) === "[object ArrayBuffer]" ? new Uint8Array(body as ArrayBuffer) : null;
}

function readEvent(body: Uint8Array): HandoffEvent | null {
  try {
    const parsed = eventSchema.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
    return parsed.success ? (parsed.data as unknown as HandoffEvent) : null;
  } catch {
    return null;
  }
}

/** In memory: the newest `size` ids that are done (100,000 unless said otherwise). */
export function createSeenIds(size = 100_000): SeenIds {
  return memorySeenIds(readGiven(whole(1, 100_000_000), size, "createSeenIds(size)"));
}
