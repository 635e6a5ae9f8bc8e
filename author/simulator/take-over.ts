/** A human who takes a conversation that the bot has: a hand-off like an action's, decided and kept by the ledger. */
import { randomUUID } from "node:crypto";
import type { DurableHandoffs } from "../../delivery/index.ts";
import { refusedOutcome } from "../../runtime/outcome.ts";

export async function recordTakeOver(
  handoffs: DurableHandoffs,
  { tenant, conversationId }: { readonly tenant: string; readonly conversationId: string },
): Promise<void> {
  const [intentId, executionId] = [randomUUID(), randomUUID()];
  const ids = { tenant, executionId, conversationId };
  const begun = await handoffs.begin({ ...ids, generatedId: true, inputHash: "take over", environment: "production" });
  if (begun.replay === undefined) {
    const asked = { kind: "handoff", reason: "A human took over", phoneDestination: null, call: null } as const;
    await handoffs.record({ ...ids, intentId, epoch: begun.epoch, ...asked });
  }
  await handoffs.end(tenant, executionId, refusedOutcome(executionId));
}
