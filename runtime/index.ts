/**
 * `baton-runtime`: executes actions in walled isolates and keeps their hand-offs. Importing it starts nothing, and reads only what
 * starting the processes needs: the rest is read while they start.
 */
import { shippedLanguages } from "../languages/index.ts";
import { composeRuntime } from "./compose.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";

export type { ActionSource, PackageSource } from "../languages/action.ts";
export type { Context } from "./context.ts";
export type { RuntimeEvent } from "./events.ts";
export type { Diagnostic } from "../languages/diagnostic.ts";
export { HostFault } from "../base/fault.ts";
export { OptionsError } from "../base/options.ts";
export type * from "./handoffs/handoffs.ts";
export type {
  EgressOption,
  EgressPolicy,
  Exchange,
  RawResponse,
  Secret,
  Secrets,
  Transport,
} from "../host-api/fetch/index.ts";
export type { InvocationInput } from "./invocation-input.ts";
export { DEFAULT_LIMITS, type Limits, type LimitsInput } from "./limits.ts";
export type { LoggerLike } from "./log.ts";
export { type MemoryHandoffs, type MemoryHandoffsOptions, createMemoryHandoffs } from "./handoffs/memory.ts";
export type {
  DiscardedOutcome,
  Handoff,
  Outcome,
  OutcomeError,
  ReturnedOutcome,
  Status,
  UnreturnedOutcome,
  Warning,
} from "./outcome.ts";
export type {
  CallErrorCode,
  EgressErrorCode,
  FindingCode,
  HostFaultCode,
  OutcomeErrorCode,
  WarningCode,
} from "../base/catalogue.ts";
export type { RecordedRun, RecordOptions, RunRecordOptions } from "./journal/recordings.ts";
export type { Recording } from "./journal/recording.ts";
export type { Difference } from "./journal/compare.ts";
export type { Replayed } from "./journal/replay.ts";
export type { Divergence, ShownCall } from "./journal/script.ts";
export type { Environment, Intent, IntentKind, Verdict } from "../host-api/index.ts";
export type { Json, LogLine, Usage, Wall, WallName } from "../sandbox/index.ts";
export type { Runtime, RuntimeOptions } from "./runtime.ts";

/** Rejects with an OptionsError, which is a TypeError, for options that are not valid. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return composeRuntime(options, shippedLanguages());
}
