/**
 * The ledger: the half of the runtime's `Handoffs` that decides once who was handed off, while an action waits for its answer. It is made of
 * the executions of this process (executions.ts) and of what they record (recording.ts).
 */
import { HostFault } from "../base/fault.ts";
import type { Begun, BeginRequest, RecordReceipt, RecordRequest, Standing } from "../runtime/handoffs/handoffs.ts";
import type { Outcome } from "../runtime/outcome.ts";
import type { DeliveryContext } from "./context.ts";
import { createExecutions } from "./executions.ts";
import { createRecording, type Conversation } from "./recording.ts";

export interface Ledger {
  begin(run: BeginRequest): Promise<Begun>;
  record(request: RecordRequest): Promise<RecordReceipt>;
  end(tenant: string, executionId: string, outcome: Outcome): Promise<void>;
  standing(conversation: Conversation): Promise<Standing>;
  /** Whether it is not known yet if this intent was recorded. */
  isUnclear(intentId: string): boolean;
  /** Renews the store's record that the executions of this process live. */
  heartbeat(): Promise<void>;
  /** What the store has not taken, or not answered clearly: each is repeated until it is clear. */
  unsettled(): readonly (() => Promise<void>)[];
}

export function createLedger(context: DeliveryContext): Ledger {
  const executions = createExecutions(context);
  const recording = createRecording(context);
  return {
    async begin(run) {
      const begun = await executions.begin(run);
      const { tenant, conversationId } = run;
      if (begun.replay !== undefined || conversationId === null) return begun;
      return recording.cautious({ tenant, conversationId }, begun);
    },
    async record(request) {
      if (executions.isProduction(request.tenant, request.executionId) === false)
        throw new HostFault(
          "HANDOFF_OUTSIDE_PRODUCTION",
          'record: a run whose "environment" is "test" or "mock" records no hand-off (docs/contract.md).',
          "never",
        );
      return recording.record(request);
    },
    end: (tenant, executionId, outcome) => executions.end(tenant, executionId, outcome),
    standing: async (conversation) =>
      recording.cautious(conversation, await context.store.run("standing", conversation)),
    isUnclear: (intentId) => recording.isUnclear(intentId),
    heartbeat: () => executions.heartbeat(),
    unsettled: () => [...recording.unsettled(), ...executions.unsettled()],
  };
}
