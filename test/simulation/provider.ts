/** Twilio and the webhook's receiver in one, as they are on a bad day: slow, silent, refusing, with an effect and no answer. */
import type { HandoffDelivery, Provider, TransferRequest, TransferResult } from "../../delivery/index.ts";
import type { Chance } from "./chance.ts";
import type { Life, Scheduler } from "./scheduler.ts";

export interface SimulatedProvider {
  readonly dials: Map<string, number>;
  readonly deliveries: Map<string, number>;
  connect(life: Life): Provider;
  calm(): void;
}

const EVERYWHERE: Life = { alive: true };

export function createSimulatedProvider(scheduler: Scheduler, chance: Chance, reconciles: boolean): SimulatedProvider {
  const dials = new Map<string, number>();
  const deliveries = new Map<string, number>();
  const underWay = new Set<string>();
  let calm = false;
  const count = (map: Map<string, number>, id: string): void => void map.set(id, (map.get(id) ?? 0) + 1);

  function transfer(life: Life, { intentId }: TransferRequest): Promise<TransferResult> {
    return new Promise((resolve, reject) => {
      underWay.add(intentId);
      const answer = (ms: number, tell: () => void): void => scheduler.after(ms, life, tell);
      scheduler.after(1 + chance.below(300), EVERYWHERE, () => {
        underWay.delete(intentId);
        const fate = chance.next();
        if (fate < 0.2) return answer(1, () => resolve({ type: "refused", code: "call_ended" }));
        if (fate < 0.25) return undefined; // No effect, no answer.
        count(dials, intentId);
        if (fate < 0.35) return undefined; // Effect, no answer.
        if (fate < 0.4) return answer(1, () => reject(new Error("reset")));
        // Some answer after the deadline.
        return answer(chance.below(fate < 0.5 ? 20_000 : 1000), () => resolve({ type: "accepted" }));
      });
    });
  }

  function deliver(life: Life, { intentId }: HandoffDelivery): ReturnType<NonNullable<Provider["deliver"]>> {
    return new Promise((resolve, reject) => {
      scheduler.after(1 + chance.below(100), EVERYWHERE, () => {
        const fate = calm ? 1 : chance.next();
        if (fate < 0.15) return scheduler.after(1, life, () => resolve({ type: "retry", code: "webhook_503" }));
        if (fate < 0.17) return scheduler.after(1, life, () => resolve({ type: "dead", code: "webhook_410" }));
        if (fate < 0.2) return scheduler.after(1, life, () => reject(new Error("broken")));
        count(deliveries, intentId);
        if (fate < 0.25) return undefined; // Arrived, no answer.
        return scheduler.after(chance.below(50), life, () => resolve({ type: "delivered" }));
      });
    });
  }

  return {
    dials,
    deliveries,
    calm() {
      calm = true;
    },
    connect: (life) => ({
      name: "simulated",
      deliver: (handoff) => deliver(life, handoff),
      transfer: (request) => transfer(life, request),
      ...(reconciles
        ? {
            async reconcile({ intentId }: TransferRequest): Promise<TransferResult> {
              if (underWay.has(intentId) || (!calm && chance.of(0.3))) return { type: "unknown", code: "dial_pending" };
              return dials.has(intentId) ? { type: "accepted" } : { type: "refused", code: "call_ended" };
            },
          }
        : {}),
    }),
  };
}
