/**
 * The ledger as the service uses it. A request's own hash takes the place of the runtime's, which would differ with the version that
 * `live` resolved to; and the version travels inside the stored outcome, so that a repeat is told the version that made it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { DurableHandoffs } from "../delivery/index.ts";
import type { Handoffs, Outcome } from "../runtime/index.ts";

/** What is known of the request that the present call of `execute` serves. */
export interface Served {
  readonly requestHash: string;
  readonly version: number;
  /** True once the ledger answered with a stored outcome, made by `replayVersion` where that is known. */
  replayed: boolean;
  replayVersion: number | null;
  /** An outcome that says that nothing ran leaves no trace under its id. */
  neverRan: (outcome: Outcome) => boolean;
}

type Stored = Outcome & { readonly version?: number };

export interface ServedHandoffs {
  readonly handoffs: Handoffs;
  serve<T>(served: Served, work: () => Promise<T>): Promise<T>;
}

export function serveHandoffs(durable: DurableHandoffs): ServedHandoffs {
  const present = new AsyncLocalStorage<Served>();
  return {
    serve: (served, work) => present.run(served, work),
    handoffs: {
      ...durable,
      async begin(run) {
        const served = present.getStore();
        if (served === undefined) return durable.begin(run);
        const begun = await durable.begin({ ...run, inputHash: run.generatedId ? run.inputHash : served.requestHash });
        if (begun.replay === undefined) return begun;
        const { version, ...outcome } = begun.replay as Stored;
        served.replayed = true;
        served.replayVersion = version ?? null;
        return { replay: outcome };
      },
      end(tenant, executionId, outcome) {
        const served = present.getStore();
        if (served === undefined) return durable.end(tenant, executionId, outcome);
        if (served.neverRan(outcome)) return durable.end(tenant, executionId, { ...outcome, status: "refused" });
        const stored: Stored = { ...outcome, version: served.version };
        return durable.end(tenant, executionId, stored);
      },
    },
  };
}
