/** The other end of the webhook: verifies what arrives and says what was seen before, so that at-least-once becomes once. */
import { z } from "zod";
import { checkSecret, verify } from "./signature.ts";
import type { HandoffEvent } from "./webhook.ts";

/** Where seen ids are kept. Keep them somewhere durable where losing one would page a second human. */
export interface SeenIds {
  /** True only for the first caller with this id. */
  add(id: string): boolean | Promise<boolean>;
  /** The event was not handled after all, and may come again. */
  delete(id: string): void | Promise<void>;
}

export interface ReceiverOptions {
  readonly secrets: readonly string[];
  readonly seen?: SeenIds;
  /** How old a signature may be. */
  readonly toleranceSeconds?: number;
  readonly now?: () => number;
}

export type Received =
  | { readonly type: "event"; readonly event: HandoffEvent }
  /** Handled before: answer 2xx and do nothing. */
  | { readonly type: "duplicate"; readonly id: string }
  /** Answer 400 and do nothing. */
  | { readonly type: "invalid"; readonly reason: "headers" | "signature" | "too_old" | "body" };

export interface Receiver {
  /** `body` is the raw text of the request, before anything parsed it. */
  receive(headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Promise<Received>;
  /**
   * Call it when handling failed: the next attempt is an event again. With an id alone that is the standard hand-off; a request for a
   * phone transfer is forgotten only by its event, since a copy of it that somebody kept would dial again.
   */
  forget(event: string | Pick<HandoffEvent, "id" | "type">): Promise<void>;
}

const headersSchema = z.object({
  "webhook-id": z.string().min(1).max(256),
  "webhook-timestamp": z.string().regex(/^\d{1,12}$/),
  "webhook-signature": z.string().min(1).max(4096),
});

const eventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string(),
  type: z.enum(["baton.handoff.recorded", "baton.phone_transfer.requested"]),
  data: z.looseObject({ intentId: z.string(), tenant: z.string(), conversationId: z.string(), epoch: z.number() }),
});

export function createReceiver(options: ReceiverOptions): Receiver {
  const { secrets, seen = createSeenIds(), toleranceSeconds = 300, now = Date.now } = options;
  secrets.forEach(checkSecret);
  return {
    async receive(given, body) {
      const lower = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
      const headers = headersSchema.safeParse(lower);
      if (!headers.success) return { type: "invalid", reason: "headers" };
      if (!verify(headers.data, body, secrets)) return { type: "invalid", reason: "signature" };
      const age = now() / 1000 - Number(headers.data["webhook-timestamp"]);
      if (Math.abs(age) > toleranceSeconds) return { type: "invalid", reason: "too_old" };
      const event = readEvent(body);
      if (event === null || event.id !== headers.data["webhook-id"]) return { type: "invalid", reason: "body" };
      // A transfer that failed comes back as a standard hand-off under the same intent.
      if (!(await seen.add(`${event.type}:${event.id}`))) return { type: "duplicate", id: event.id };
      return { type: "event", event };
    },
    async forget(event) {
      const { type, id } = typeof event === "string" ? { type: "baton.handoff.recorded", id: event } : event;
      await seen.delete(`${type}:${id}`);
    },
  };
}

function readEvent(body: string): HandoffEvent | null {
  try {
    const parsed = eventSchema.safeParse(JSON.parse(body));
    return parsed.success ? (parsed.data as unknown as HandoffEvent) : null;
  } catch {
    return null;
  }
}

/** In memory: the newest `size` ids. */
export function createSeenIds(size = 100_000): SeenIds {
  const ids = new Set<string>();
  return {
    add(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      const oldest = ids.values().next();
      if (ids.size > size && !oldest.done) ids.delete(oldest.value);
      return true;
    },
    delete(id) {
      ids.delete(id);
    },
  };
}
