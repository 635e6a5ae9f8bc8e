/** Events of the runtime: what a runtime says of itself: its own events, and the union of all rooms' that `runtime.subscribe` hands out. */
import { codeOf } from "../base/thrown.ts";
import { type EventDeclarations, type EventsOf, createEmitter } from "../base/events.ts";
import { COMPILE_EVENTS, type CompileEvent } from "../languages/compile/events.ts";
import {
  type HostAnswer,
  type HostCall,
  type HostFunction,
  type HostFunctions,
  SANDBOX_EVENTS,
  type SandboxEvent,
} from "../sandbox/index.ts";
import { HANDOFF_EVENTS, type HandoffEvent } from "./handoffs/events.ts";
import type { Outcome } from "./outcome.ts";

const EXECUTION = { tenant: "text", executionId: "text" } as const;

const EXECUTION_EVENTS = {
  "execution.settled": {
    meaning: "An execution has an outcome. `code` is that of its error; `handoff` and `state` are those of what it brought about.",
    fields: {
      ...EXECUTION, status: "text", code: "text", handoff: "text", state: "text",
      queuedMs: "ms", wallMs: "ms", hostMs: "ms", cpuMs: "ms", peakMemoryBytes: "bytes", hostCalls: "count",
    },
  },
  "handoff.decided": {
    meaning: "A call of hand_off_conversation got its verdict; emitted when its execution settles.",
    fields: { ...EXECUTION, kind: "text", verdict: "text" },
  },
  "call.ended": {
    meaning: "The host has answered a call that left the worker, by the name of its host function: `hand_off_conversation`, `fetch.send`, `fetch.read`.",
    fields: { ...EXECUTION, call: "text", ms: "ms", ok: "flag" },
  },
  "handoff.not_recorded": {
    meaning: "A hand-off that an action asked for is in no store: no human will come of it.",
    fields: { ...EXECUTION, conversationId: "text", intentId: "text", code: "text" },
  },
  "handoffs.failed": {
    meaning: "The store of hand-offs refused, or gave no answer, at a step of an execution.",
    fields: { ...EXECUTION, step: "text", code: "text" },
  },
} as const satisfies EventDeclarations; // prettier-ignore

export type ExecutionEvent = EventsOf<typeof EXECUTION_EVENTS>;
export type RuntimeEvent = SandboxEvent | CompileEvent | ExecutionEvent | HandoffEvent;

/** Every event by name: what its page is made from. */
export const EVENTS: EventDeclarations = {
  ...EXECUTION_EVENTS,
  ...HANDOFF_EVENTS,
  ...COMPILE_EVENTS,
  ...SANDBOX_EVENTS,
};

export interface ExecutionEvents {
  readonly source: ReturnType<typeof createEmitter<ExecutionEvent>>;
  settled(execution: ExecutionIds, outcome: Outcome): void;
  /** The same functions, each call of which is an event. */
  watched(execution: ExecutionIds, functions: HostFunctions): HostFunctions;
  notRecorded(
    handoff: ExecutionIds & { readonly conversationId: string; readonly intentId: string },
    error: unknown,
  ): void;
  storeFailed(execution: ExecutionIds & { readonly step: string }, error: unknown): void;
}

interface ExecutionIds {
  readonly tenant: string;
  readonly executionId: string;
}

export function createExecutionEvents(): ExecutionEvents {
  const source = createEmitter<ExecutionEvent>();
  return {
    source,
    settled({ tenant, executionId }, { status, error, handoff, intents, usage }) {
      if (!source.hasListeners) return;
      const ids = { tenant, executionId };
      for (const { kind, verdict } of intents) source.emit(() => ({ event: "handoff.decided", ...ids, kind, verdict }));
      source.emit(() => ({
        event: "execution.settled", ...ids, status, code: error?.code ?? null,
        handoff: handoff?.kind ?? null, state: handoff?.state ?? null, ...usage,
      })); // prettier-ignore
    },
    watched({ tenant, executionId }, functions) {
      if (!source.hasListeners) return functions;
      const entries = Object.entries(functions).map(([call, each]): [string, HostFunction] => {
        const handle = async (made: HostCall): Promise<HostAnswer> => {
          const start = performance.now();
          let ok = false;
          try {
            const answer = await each.handle(made);
            ok = true;
            return answer;
          } finally {
            const ms = performance.now() - start;
            source.emit(() => ({ event: "call.ended", tenant, executionId, call, ms, ok }));
          }
        };
        return [call, { ...each, handle }];
      });
      return Object.fromEntries(entries);
    },
    notRecorded: (handoff, error) =>
      source.emit(() => ({ event: "handoff.not_recorded", ...handoff, code: codeOf(error) })),
    storeFailed: (execution, error) =>
      source.emit(() => ({ event: "handoffs.failed", ...execution, code: codeOf(error) })),
  };
}
