/**
 * Hand-offs, recorded while an action waits: a claim whose answer was lost is repeated until it is clear, and until then its conversation
 * counts as handed off.
 */
import type { RecordReceipt, RecordRequest, Standing } from "../runtime/handoffs/handoffs.ts";
import { storeAnswerLost } from "../storage/store.ts";
import { inTime } from "./clock.ts";
import type { DeliveryContext } from "./context.ts";
import { firstState } from "./conversation.ts";
import { judgeFor, unavailable } from "./destinations.ts";
import type { HandoffRow } from "./rows.ts";
import { untilClear } from "./until-clear.ts";

export type Conversation = { readonly tenant: string; readonly conversationId: string };
type Claim = { readonly handoff: HandoffRow };

export interface Recording {
  record(request: RecordRequest): Promise<RecordReceipt>;
  /** Where a conversation stands: as long as a claim of ours is unclear, it is not the bot's. */
  cautious(of: Conversation, known: Standing): Promise<Standing>;
  /** Whether it is not known yet if this intent was recorded. */
  isUnclear(intentId: string): boolean;
  unsettled(): readonly (() => Promise<void>)[];
}

export function createRecording(context: DeliveryContext): Recording {
  const { store, settings } = context;
  /** Claims whose answer was lost, by conversation. */
  const unclear = new Map<string, Claim>();

  /** Asks for the same claim again: by then it is in the ledger, or it is put there. */
  async function clarify(claim: Claim): Promise<{ kind: HandoffRow["kind"] }> {
    const answer = await untilClear(context, settings.recordMs, () => store.run("claim", claim), "patient");
    if (answer === null) throw storeAnswerLost("it is not known whether the hand-off was recorded");
    unclear.delete(conversationKey(claim.handoff));
    context.changed.notify();
    context.work.notify();
    return answer.type === "recorded" ? claim.handoff : answer;
  }

  async function record(request: RecordRequest): Promise<RecordReceipt> {
    const { intentId } = request;
    const refusal = await judgeDestination(context, request);
    if (refusal !== null) return { intentId, verdict: "rejected", message: refusal };
    const waiting = unclear.get(conversationKey(request));
    if (waiting && waiting.handoff.epoch === request.epoch) {
      return { intentId, verdict: "already_handed_off", kind: waiting.handoff.kind };
    }
    const claim = { handoff: firstRow(context, request) };
    const answer = await untilClear(context, settings.recordMs, () => store.run("claim", claim), "patient");
    if (answer === null) {
      unclear.set(conversationKey(request), claim);
      return { intentId, verdict: "unknown" };
    }
    if (answer.type === "already_handed_off") return { intentId, verdict: answer.type, kind: answer.kind };
    context.changed.notify();
    context.work.notify();
    return { intentId, verdict: "recorded" };
  }

  return {
    record,
    async cautious(of, known) {
      const claim = unclear.get(conversationKey(of));
      if (claim === undefined || known.handedOff || known.epoch > claim.handoff.epoch) return known;
      const clear = await clarify(claim).catch(() => null);
      return { epoch: claim.handoff.epoch, handedOff: true, kind: clear?.kind ?? claim.handoff.kind };
    },
    isUnclear: (intentId) => [...unclear.values()].some((claim) => claim.handoff.intentId === intentId),
    unsettled: () => [...unclear.values()].map((claim) => async () => void (await clarify(claim))),
  };
}

/** Null: the call may go there. */
async function judgeDestination(context: DeliveryContext, request: RecordRequest): Promise<string | null> {
  const { tenant, kind, phoneDestination } = request;
  if (kind !== "phone_transfer" || phoneDestination === null) return null;
  const judging = judgeFor(context.destinations, tenant, phoneDestination);
  const timely = await inTime(context.clock, context.settings.recordMs, judging);
  const verdict = timely.type === "answered" ? timely.value : unavailable();
  if (verdict.allowed) return null;
  if (verdict.code.startsWith("DESTINATION_POLICY_"))
    context.logger?.warn(
      { code: verdict.code, tenant },
      "The destination policy of a tenant could not be used, so a phone transfer was refused",
    );
  return verdict.message;
}

function firstRow(context: DeliveryContext, request: RecordRequest): HandoffRow {
  const { intentId, tenant, conversationId, epoch, executionId, kind, reason, phoneDestination } = request;
  return {
    intentId,
    tenant,
    conversationId,
    epoch,
    executionId,
    kind,
    state: firstState(kind, context.provider !== null),
    code: null,
    reason,
    phoneDestination: kind === "phone_transfer" ? phoneDestination : null,
    call: request.call === null ? null : JSON.stringify(request.call),
    createdAt: context.now(),
    handedBackAt: null,
    purgedAt: null,
  };
}

const conversationKey = (of: Conversation): string => JSON.stringify([of.tenant, of.conversationId]);
