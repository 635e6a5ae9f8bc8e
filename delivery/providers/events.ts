/** The events that a webhook carries: CloudEvents 1.0 in structured JSON, and what their ids are made of. */
import type { HandoffDelivery } from "../provider.ts";

export const EVENT_TYPES = [
  "baton.handoff.recorded",
  "baton.handoff.withdrawn",
  "baton.phone_transfer.requested",
] as const;

export type HandoffEventType = (typeof EVENT_TYPES)[number];

export interface HandoffEvent {
  readonly specversion: "1.0";
  /**
   * The same at every attempt at the same event, and another for each event of an intent: a transfer that failed and the hand-off that
   * takes its place are two. `data.intentId` is what they have in common, the idempotency key of the effect.
   */
  readonly id: string;
  readonly source: string;
  readonly type: HandoffEventType;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: HandoffDelivery & { readonly phoneDestination?: string };
}

export function eventOf(type: HandoffEventType, data: HandoffEvent["data"]): HandoffEvent {
  return {
    specversion: "1.0",
    id: eventId(data.intentId, type),
    // Of a name that is no text a URL holds as much as can be written.
    source: `/baton/${encodeURIComponent(data.tenant.toWellFormed())}`,
    type,
    subject: data.conversationId.toWellFormed(),
    time: data.recordedAt,
    datacontenttype: "application/json",
    data,
  };
}

/** Intent id and event type, "ID:handoff_recorded", without dots: the signature joins its parts by them. */
export function eventId(intentId: string, type: HandoffEventType): string {
  const name = type.slice("baton.".length).replaceAll(".", "_");
  return `${encodeURIComponent(intentId.toWellFormed()).replaceAll(".", "%2E")}:${name}`;
}
