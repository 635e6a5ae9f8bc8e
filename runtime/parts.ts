/** Parts of an execution: what an execution is performed with. A recording listens to these parts, and a replay puts its own in their place. */
import type { Egress } from "../host-api/fetch/index.ts";
import type { RecorderOptions } from "../host-api/index.ts";
import type { Artifact } from "../languages/action.ts";
import type { Compiler } from "../languages/compile/compiler.ts";
import type { Languages } from "../languages/index.ts";
import type { Sandbox } from "../sandbox/index.ts";
import type { StageMarks } from "../base/stages.ts";
import type { ArgsChecker } from "./args/checker.ts";
import type { ExecutionEvents } from "./events.ts";
import type { BoundedHandoffs } from "./handoffs/bounded.ts";
import type { Standing } from "./handoffs/handoffs.ts";
import type { Invocation } from "./invocation.ts";
import type { Limits } from "./limits.ts";
import type { HostLog } from "./log.ts";
import type { Outcome } from "./outcome.ts";

export interface Parts {
  readonly sandbox: Sandbox;
  readonly languages: Languages;
  readonly compiler: Compiler;
  readonly argsChecker: ArgsChecker;
  readonly handoffs: BoundedHandoffs;
  readonly egress: Egress;
  readonly limits: Limits;
  readonly log: HostLog;
  readonly events: ExecutionEvents;
  /** Absent where nothing is recorded. */
  readonly recordings?: Recordings;
  /** Of one execution whose stages are followed. */
  readonly stages?: StageMarks;
  /** Of a replay: how long its keeper of hand-offs may take, and the ids that it gave. */
  readonly recorder?: Pick<RecorderOptions, "recordMs" | "nextIntentId">;
}

/** Which runs are recorded, and where their recordings go. */
export interface Recordings {
  /** Null: this run is not recorded. */
  open(invocation: Invocation, artifact: Artifact, before: Standing): OpenRecording | null;
  /** Waits for what is being kept by now. */
  kept(): Promise<void>;
}

export interface OpenRecording {
  /** The same parts, listened to. */
  listen(parts: Parts): Parts;
  close(outcome: Outcome): void;
}
