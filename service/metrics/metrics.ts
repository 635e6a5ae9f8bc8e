/** Metrics: what the service counts, in its own words. */
import type { Outcome, RuntimeEvent } from "../../runtime/index.ts";
import { createMetricsRegistry, type MetricsRegistry } from "./registry.ts";

export interface ServiceMetrics {
  readonly registry: MetricsRegistry;
  answered(route: string, status: number, seconds: number): void;
  settled(outcome: Outcome): void;
  /** For `runtime.subscribe`: what no outcome says of hand-offs. */
  read(event: RuntimeEvent): void;
  refused(code: string): void;
  queued(seconds: number): void;
  /** An open stream; the function says that it is closed. */
  listening(): () => void;
}

export function createMetrics(): ServiceMetrics {
  const registry = createMetricsRegistry();
  let listeners = 0;
  const listen = (by: number): void => registry.set("listeners", (listeners += by));
  listen(0);
  return {
    registry,
    answered(route, status, seconds) {
      registry.add("requests", { route, status });
      registry.observe("requestSeconds", seconds, { route });
    },
    settled({ status, usage, handoff, warnings }) {
      registry.add("executions", { status });
      registry.observe("executionSeconds", usage.wallMs / 1000);
      registry.add("executionCpu", {}, usage.cpuMs / 1000);
      if (handoff !== null) registry.add("handoffs", { kind: handoff.kind });
      for (const { code } of warnings) registry.add("warnings", { code });
    },
    read(event) {
      if (event.event === "handoff.not_recorded") registry.add("notRecorded", { code: event.code ?? "none" });
      else if (event.event === "delivery.dead") registry.add("deadLetters", { code: event.code ?? "none" });
      else if (event.event === "delivery.failed") registry.add("deliveryFailures", { code: event.code ?? "none" });
      else if (event.event === "handoffs.failed") registry.add("storeFailures", { step: event.step ?? "none" });
    },
    refused: (code) => registry.add("refused", { code }),
    queued: (seconds) => registry.observe("executionQueue", seconds),
    listening() {
      listen(1);
      let open = true;
      return () => {
        if (open) listen(-1);
        open = false;
      };
    },
  };
}
