/**
 * The Outcome of a run that no runtime settled: the invocation could not be read, or the host itself failed. A reader of `--json`
 * gets one whole Outcome then as well. Nothing was recorded, so the bot may go on.
 */
import { randomUUID } from "node:crypto";
import { HostFault } from "../base/fault.ts";
import type { Outcome, OutcomeError } from "../runtime/outcome.ts";
import { InputError } from "../author/input-error.ts";

export function neverSettled(error: unknown): Outcome {
  const [status, known] = read(error);
  return {
    executionId: randomUUID(),
    status,
    returnValueDiscarded: false,
    handoff: null,
    intents: [],
    bot: { mayReplyNow: true, mayReplyLater: true },
    warnings: [],
    error: known,
    logs: [],
    logsDropped: 0,
    usage: { queuedMs: 0, wallMs: 0, hostMs: 0, cpuMs: 0, peakMemoryBytes: 0, hostCalls: 0 },
  };
}

function read(error: unknown): ["invalid" | "crashed", OutcomeError] {
  if (error instanceof InputError) {
    return ["invalid", { code: error.code, name: error.name, message: error.message, retry: "never" }];
  }
  if (error instanceof HostFault) {
    return ["crashed", { code: error.code, name: error.name, message: error.message, retry: error.retry }];
  }
  const message = error instanceof Error ? error.message : String(error);
  return ["crashed", { code: "HOST_FAULT", name: "Error", message, retry: "unsafe" }];
}
