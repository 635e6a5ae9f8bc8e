/** The stages of a run in the sandbox, in the order in which a run that makes one synchronous call reaches them. */
import type { WorkerStage } from "./protocol/stages.ts";

type HostStage = "queued" | "placed" | "sent" | "call_woke" | "call_read" | "call_handled" | "call_answered" | "host_woke" | "result_read"; // prettier-ignore

export const SANDBOX_STAGES = [
  "queued", "placed", "sent", "worker_woke", "worker_decoded", "isolate_taken", "guest_entered",
  "call_made", "call_woke", "call_read", "call_handled", "call_answered", "call_returned",
  "guest_done", "guest_idle", "end_sent", "host_woke", "result_read",
] as const satisfies readonly (HostStage | WorkerStage)[]; // prettier-ignore
