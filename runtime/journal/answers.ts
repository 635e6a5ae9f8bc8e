/** A recorded answer, as a host function gives it. */
import { HostCallError } from "../../sandbox/index.ts";
import type { HostAnswer } from "../../sandbox/index.ts";
import { type RecordedCall, fromRecordedBytes } from "./recording.ts";

/** Throws what the recorded call threw. */
export function answerOf({ answer, answerBytes, ms }: RecordedCall): HostAnswer {
  if (answer === undefined) throw new HostCallError("HOST_FUNCTION_FAILED", "the host function failed");
  if ("error" in answer) {
    const { code, message, name } = answer.error;
    throw new HostCallError(code, message, name);
  }
  return {
    value: answer.value,
    ...(answerBytes && { bytes: fromRecordedBytes(answerBytes) }),
    ...(ms !== undefined && { afterMs: ms }),
  };
}
