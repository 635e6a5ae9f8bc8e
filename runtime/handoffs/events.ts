/** Events of deliveries: what the keeper of hand-offs says of deliveries: declared beside the interface that it implements. */
import type { EventDeclarations, EventsOf } from "../../base/events.ts";

const ROW = { tenant: "text", conversationId: "text", intentId: "text", attempts: "count" } as const;

export const HANDOFF_EVENTS = {
  "delivery.failed": {
    meaning: "An attempt to deliver a hand-off or a transfer failed, and will be repeated.",
    fields: { ...ROW, code: "text", againInMs: "ms" },
  },
  "delivery.recovered": {
    meaning: "A hand-off was delivered after attempts that had failed.",
    fields: { ...ROW, code: "text" },
  },
  "delivery.dead": {
    meaning: "A hand-off is given up: a dead letter. `told` is true where onDead was called with it.",
    fields: { ...ROW, code: "text", told: "flag" },
  },
} as const satisfies EventDeclarations;

export type HandoffEvent = EventsOf<typeof HANDOFF_EVENTS>;
