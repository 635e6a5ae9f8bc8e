/** One execution as the runtime goes through it: begin, let the action call, fire, settle, end. The settling is the runtime's own. */
import type { DurableHandoffs } from "../../delivery/index.ts";
import type { EffectiveHandoff, Intent, IntentKind, Recorded } from "../../host-api/index.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import { settle } from "../../runtime/settle.ts";

export interface Plan {
  readonly tenant: string;
  readonly executionId: string;
  readonly conversationId: string;
  readonly environment: "production" | "test" | "mock";
  readonly channel: "phone" | "chat";
  /** A number for a transfer, or null, for each call. */
  readonly calls: readonly (string | null)[];
  readonly secret: string;
}

export interface Witness {
  /** The action ran. */
  ran(plan: Plan): void;
  acknowledged(plan: Plan, handoff: EffectiveHandoff, epoch: number): void;
  settled(plan: Plan, outcome: Outcome, replay: boolean): void;
  /** What the action was answered to one call. */
  answered?(
    plan: Plan,
    call: { readonly intentId: string; readonly epoch: number } & Pick<Intent, "kind" | "verdict">,
  ): void;
}

export async function perform(handoffs: DurableHandoffs, plan: Plan, witness: Witness): Promise<Outcome> {
  const { tenant, executionId, conversationId, environment } = plan;
  const begun = await handoffs.begin({
    tenant,
    executionId,
    conversationId,
    environment,
    generatedId: false,
    inputHash: executionId,
  });
  if (begun.replay) {
    witness.settled(plan, begun.replay, true);
    return begun.replay;
  }
  witness.ran(plan);
  const recorded = await callAll(handoffs, plan, begun, witness);
  const transfer = recorded.effective?.kind === "phone_transfer" && recorded.effective.state === "recorded";
  const intentId = recorded.effective?.intentId ?? "";
  const fired = transfer ? await handoffs.fire(intentId, new AbortController().signal) : null;
  const outcome = settle({
    executionId,
    completion: {
      end: { type: "returned", value: plan.secret },
      logs: [],
      logsDropped: 0,
      usage: { queuedMs: 0, wallMs: 0, hostMs: 0, cpuMs: 0, peakMemoryBytes: 0, hostCalls: 0 },
    },
    recorded,
    fired,
    before: begun,
    after: null,
    error: undefined,
  });
  await handoffs.end(tenant, executionId, outcome);
  witness.settled(plan, outcome, false);
  return outcome;
}

async function callAll(
  handoffs: DurableHandoffs,
  plan: Plan,
  before: { readonly epoch: number; readonly handedOff: boolean },
  witness: Witness,
): Promise<Recorded> {
  const intents: Intent[] = [];
  let effective: EffectiveHandoff | null = null;
  let concurrent: IntentKind | undefined;
  let skipped = false;
  for (const [index, number] of plan.calls.entries()) {
    // Off the phone channel a number is nothing.
    const phoneDestination = plan.channel === "phone" ? number : null;
    const kind: IntentKind = phoneDestination === null ? "handoff" : "phone_transfer";
    const reason = `${plan.secret} ${index}`;
    const intentId = `${plan.executionId}:${index}`;
    const keep = (verdict: Intent["verdict"]): void => {
      intents.push({ kind, reason, phoneDestination, verdict, message: "" });
      witness.answered?.(plan, { intentId, epoch: before.epoch, kind, verdict });
    };
    if (before.handedOff || effective !== null || concurrent !== undefined) keep("already_handed_off");
    else if (plan.environment !== "production") {
      skipped = true;
      keep("skipped");
    } else {
      const { tenant, executionId, conversationId } = plan;
      const { epoch } = before;
      const call = { id: "CA" };
      try {
        const receipt = await handoffs.record({
          intentId,
          tenant,
          executionId,
          conversationId,
          epoch,
          kind,
          reason,
          phoneDestination,
          call,
        });
        keep(receipt.verdict);
        if (receipt.verdict === "already_handed_off") concurrent = receipt.kind ?? "handoff";
        else if (receipt.verdict !== "rejected") {
          effective = { kind, intentId, reason, phoneDestination, state: receipt.verdict };
          if (receipt.verdict === "recorded") witness.acknowledged(plan, effective, epoch);
        }
      } catch {
        keep("rejected");
      }
    }
  }
  return {
    intents,
    effective,
    ...(concurrent === undefined ? {} : { alreadyHandedOffBy: concurrent }),
    overflowed: false,
    skipped,
  };
}
