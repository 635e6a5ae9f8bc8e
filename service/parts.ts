/** Parts of the service: what the handlers share: the parts of one running service. */
import type { DurableHandoffs } from "../delivery/index.ts";
import type { LimitsInput, Runtime } from "../runtime/index.ts";
import type { ArgsReader } from "./args/args.ts";
import type { Events } from "./events.ts";
import type { Callbacks } from "./executions/callbacks.ts";
import type { Recorder } from "./executions/recorder.ts";
import type { RunRecordings } from "./executions/recordings.ts";
import type { RunningExecutions } from "./executions/running.ts";
import type { UnkeyedRuns } from "./executions/unkeyed.ts";
import type { Shares } from "./executions/shares.ts";
import type { Scheduler } from "./executions/scheduler.ts";
import type { Serving } from "./handoffs.ts";
import type { LogPages } from "./log-pages.ts";
import type { ServiceLog } from "./log.ts";
import type { ServiceMetrics } from "./metrics/metrics.ts";
import type { Registry } from "./registry.ts";
import type { Settings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";
import type { ServiceStore } from "./store/store.ts";
import type { UnderWay } from "./under-way.ts";
import type { Vault } from "./vault.ts";
import type { Folders } from "./folders.ts";

export interface Parts {
  readonly settings: Settings;
  /** This node, in the rows that it owns. */
  readonly node: string;
  readonly version: string;
  readonly store: ServiceStore;
  readonly registry: Registry;
  readonly vault: Vault;
  readonly handoffs: DurableHandoffs;
  readonly serve: Serving["serve"];
  readonly runtime: Runtime;
  /** The limits of an execution before its tenant's. */
  readonly baseLimits: LimitsInput;
  /** Packages that actions may import, with their versions. */
  readonly offered: Readonly<Record<string, string>>;
  readonly folders: Folders;
  readonly args: ArgsReader;
  readonly scheduler: Scheduler;
  /** Null where this node is alone on its store. */
  readonly shares: Shares | null;
  readonly running: RunningExecutions;
  readonly underWay: UnderWay;
  readonly recorder: Recorder;
  readonly recordings: RunRecordings;
  readonly unkeyed: UnkeyedRuns;
  readonly callbacks: Callbacks;
  readonly events: Events;
  readonly logPages: LogPages;
  readonly metrics: ServiceMetrics;
  readonly telemetry: Telemetry;
  readonly log: ServiceLog;
  /** The address under which providers reach this service, where it is known. */
  readonly publicUrl: () => string | null;
  /** The store's time. */
  readonly now: () => number;
  /** True once the node is being stopped. */
  readonly draining: () => boolean;
  readonly closed: AbortSignal;
}
