/** Events of compiles. */
import type { EventDeclarations, EventsOf } from "../../base/events.ts";

export const COMPILE_EVENTS = {
  "compile.ended": {
    meaning: "An action was compiled anew, not found in the cache. `code` is that of its first error.",
    fields: { tenant: "text", language: "text", hash: "text", ok: "flag", code: "text", ms: "ms" },
  },
} as const satisfies EventDeclarations;

export type CompileEvent = EventsOf<typeof COMPILE_EVENTS>;
