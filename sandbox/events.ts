/** Events of the sandbox: what happens to worker processes. */
import type { EventDeclarations, EventsOf } from "../base/events.ts";

export const SANDBOX_EVENTS = {
  "worker.started": {
    meaning: "A worker process was started.",
    fields: { worker: "count", image: "text" },
  },
  "worker.ready": {
    meaning: "A worker process can take runs.",
    fields: { worker: "count", image: "text", startMs: "ms" },
  },
  "worker.ended": {
    meaning: "A worker process is gone. `isExpected` is true where the pool had no more use for it.",
    fields: {
      worker: "count",
      image: "text",
      cordon: "text",
      reason: "text",
      isExpected: "flag",
      livedMs: "ms",
    },
  },
} as const satisfies EventDeclarations;

export type SandboxEvent = EventsOf<typeof SANDBOX_EVENTS>;
