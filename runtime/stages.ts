/** The stages of an execution, in the order in which one whose action makes one synchronous call reaches them: what base/stages.ts publishes. */
import { SANDBOX_STAGES } from "../sandbox/index.ts";

export const EXECUTION_STAGES = [
  "called", "invocation_read", "compile_looked_up", "begun",
  ...SANDBOX_STAGES,
  "completed", "settled", "ended",
] as const; // prettier-ignore

export type ExecutionStage = (typeof EXECUTION_STAGES)[number];
