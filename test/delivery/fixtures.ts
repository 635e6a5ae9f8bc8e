/** Small things that the tests of delivery share. */
import type { BeginRequest, RecordRequest } from "../../runtime/handoffs/handoffs.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type {
  DeliveryResult,
  HandoffDelivery,
  Provider,
  TransferRequest,
  TransferResult,
} from "../../delivery/index.ts";

let ids = 0;
export const freshId = (prefix: string): string => `${prefix}-${(ids += 1)}`;

export function beginRequest(of: Partial<BeginRequest> = {}): BeginRequest {
  return {
    tenant: "acme",
    executionId: freshId("execution"),
    generatedId: false,
    inputHash: "hash",
    conversationId: freshId("conversation"),
    environment: "production",
    ...of,
  };
}

export function recordRequest(of: Partial<RecordRequest> = {}): RecordRequest {
  return {
    intentId: freshId("intent"),
    tenant: "acme",
    executionId: freshId("execution"),
    conversationId: freshId("conversation"),
    epoch: 0,
    kind: "handoff",
    reason: null,
    phoneDestination: null,
    call: null,
    ...of,
  };
}

export function transferRecord(of: Partial<RecordRequest> = {}): RecordRequest {
  const call = { id: `CA${"0".repeat(32)}`, provider: "twilio" };
  return recordRequest({ kind: "phone_transfer", phoneDestination: "+15551234567", call, ...of });
}

export function outcomeOf(executionId: string, of: Partial<Outcome> = {}): Outcome {
  return {
    executionId,
    status: "returned",
    returnValue: { said: "hello" },
    returnValueDiscarded: false,
    handoff: null,
    intents: [],
    bot: { mayReplyNow: true, mayReplyLater: true },
    warnings: [],
    logs: [],
    logsDropped: 0,
    usage: { queuedMs: 0, wallMs: 1, hostMs: 0, cpuMs: 1, peakMemoryBytes: 1, hostCalls: 0 },
    ...of,
  } as Outcome;
}

export interface ScriptedProvider extends Provider {
  readonly delivered: HandoffDelivery[];
  readonly dialled: TransferRequest[];
}

/** Answers what the test says, one after another; the last answer stays. */
export function scriptedProvider(script: {
  readonly deliveries?: readonly (DeliveryResult | Error)[];
  readonly transfers?: readonly (TransferResult | Error | "never")[];
  readonly reconciliations?: readonly TransferResult[];
}): ScriptedProvider {
  const delivered: HandoffDelivery[] = [];
  const dialled: TransferRequest[] = [];
  let reconciled = 0;
  const at = <T>(list: readonly T[], index: number): T => list[Math.min(index, list.length - 1)] as T;
  const { deliveries = [{ type: "delivered" }], transfers = [{ type: "accepted" }], reconciliations } = script;
  return {
    name: "scripted",
    delivered,
    dialled,
    async deliver(handoff) {
      delivered.push(handoff);
      const answer = at(deliveries, delivered.length - 1);
      if (Error.isError(answer)) throw answer;
      return answer;
    },
    async transfer(transfer) {
      dialled.push(transfer);
      const answer = at(transfers, dialled.length - 1);
      if (answer === "never") return new Promise(() => {});
      if (Error.isError(answer)) throw answer;
      return answer;
    },
    ...(reconciliations ? { reconcile: async () => at(reconciliations, (reconciled += 1) - 1) } : {}),
  };
}

/** Waits for what another part will bring about; says what it saw last if that never comes. */
export async function eventually<T>(look: () => Promise<T>, isThere: (seen: T) => boolean, ms = 60_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (isThere(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`It never came; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
