/**
 * The ledger as the service uses it. A request's own hash takes the place of the runtime's, which would differ with the version that
 * `live` resolved to; and the version travels inside the stored outcome, so that a repeat is answered with the version that made it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { DurableHandoffs } from "../delivery/index.ts";
import type { Handoffs, Outcome, RuntimeEvent } from "../runtime/index.ts";
import type { Traced } from "./telemetry.ts";
import type { Tenant } from "./tenant.ts";

/** What is known of the request that the present call of `execute` serves. */
export interface Served {
  readonly executionId: string;
  readonly conversationId: string | null;
  readonly requestHash: string;
  readonly version: number;
  /** Whether the request asks for a recording. */
  readonly record: boolean | undefined;
  readonly tenant: Tenant;
  readonly traced: Traced;
  /** True once the ledger answered with a stored outcome, made by `replayVersion` where that is known. */
  replayed: boolean;
  replayVersion: number | null;
  /** An outcome that says that nothing ran leaves no trace under its id. */
  neverRan: (outcome: Outcome) => boolean;
}

type Stored = Outcome & { readonly version?: number };

export interface Serving {
  serve<T>(served: Served, work: () => Promise<T>): Promise<T>;
  /** The tenant as the runs see it that are under way: a change of its settings is for the runs that follow. */
  tenantOf(name: string): Tenant | null;
  readonly handoffs: Handoffs;
  /** What the runtime says of itself: compiling and host calls are parts of the execution's trace. */
  onEvent(event: RuntimeEvent): void;
  /** What is being served where this is asked. */
  present(): Served | undefined;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the runs of one node
export function serveHandoffs(durable: DurableHandoffs, recorded: (intentId: string) => void): Serving {
  const present = new AsyncLocalStorage<Served>();
  /** What a worker process sends comes in no run's asynchronous context: it is found by its execution. */
  const running = new Map<string, Served>();
  const tenants = new Map<string, { tenant: Tenant; runs: number }>();
  const nameOf = (tenant: string, executionId: string): string => JSON.stringify([tenant, executionId]);
  return {
    present: () => present.getStore(),
    tenantOf: (name) => tenants.get(name)?.tenant ?? null,
    onEvent(event) {
      if (event.event === "call.ended") {
        const traced = running.get(nameOf(event.tenant ?? "", event.executionId ?? ""))?.traced;
        traced?.past("baton.host_call", event.ms ?? 0, event.ok === false ? "refused" : null, {
          name: event.call ?? "",
        });
      } else if (event.event === "compile.ended") {
        // It is called within the turn of the execution that asked for it.
        const { language, hash } = event;
        present.getStore()?.traced.past("baton.compile", event.ms ?? 0, event.code, {
          language: language ?? "",
          hash: hash ?? "",
        });
      }
    },
    async serve(served, work) {
      const { tenant } = served;
      const kept = tenants.get(tenant.name) ?? { tenant, runs: 0 };
      tenants.set(tenant.name, kept);
      kept.tenant = tenant;
      kept.runs += 1;
      try {
        return await present.run(served, work);
      } finally {
        kept.runs -= 1;
        if (kept.runs === 0) tenants.delete(tenant.name);
      }
    },
    handoffs: {
      ...durable,
      async begin(run) {
        const served = present.getStore();
        if (served === undefined) return durable.begin(run);
        const begun = await durable.begin({ ...run, inputHash: run.generatedId ? run.inputHash : served.requestHash });
        if (begun.replay === undefined) {
          running.set(nameOf(run.tenant, run.executionId), served);
          return begun;
        }
        const { version, ...outcome } = begun.replay as Stored;
        served.replayed = true;
        served.replayVersion = version ?? null;
        return { replay: outcome };
      },
      async record(request) {
        const traced = running.get(nameOf(request.tenant, request.executionId))?.traced;
        const work = async () => {
          const receipt = await durable.record(request);
          if (receipt.verdict === "recorded") recorded(receipt.intentId);
          return receipt;
        };
        return traced === undefined ? work() : traced.part("baton.handoff.record", work, { kind: request.kind });
      },
      async fire(intentId, signal) {
        const served = present.getStore();
        const work = () => durable.fire(intentId, signal);
        return served === undefined ? work() : served.traced.part("baton.transfer.dial", work, { intentId });
      },
      end(tenant, executionId, outcome) {
        running.delete(nameOf(tenant, executionId));
        const served = present.getStore();
        if (served === undefined) return durable.end(tenant, executionId, outcome);
        if (served.neverRan(outcome))
          return durable.end(tenant, executionId, { ...outcome, status: "refused" } as Outcome);
        const stored: Stored = { ...outcome, version: served.version };
        return durable.end(tenant, executionId, stored);
      },
    },
  };
}
