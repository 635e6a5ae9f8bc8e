/**
 * A keeper of hand-offs with an end to every wait for it. A store that never answers must not hold up an execution, its caller or
 * `close`; and an answer that comes after the wait is put right, so that no execution id stays claimed by a run that never ran.
 * A record and a dial have bounds of their own (host-api/handoff/recorder.ts, fire.ts), because their silence has to be reported.
 */
import { HostFault } from "../../base/fault.ts";
import type { MaybePromise } from "../../base/promises.ts";
import { Deadline, OVERDUE } from "../../base/time.ts";
import type { ConversationKey } from "./claims.ts";
import type { Begun, BeginRequest, Handoffs, RecordReceipt, RecordRequest, Standing } from "./handoffs.ts";
import { MemoryHandoffs } from "./memory.ts";
import { type Outcome, refusedOutcome } from "../outcome.ts";

export interface Bounds {
  /** Milliseconds that one answer may take. */
  readonly storeMs: number;
  /** Aborted when the runtime closes: from then on no call waits for an execution elsewhere. */
  readonly closed: AbortSignal;
}

/** The keeper as the runtime asks it: what is known at once is answered at once. */
export interface BoundedHandoffs {
  readonly recordMs?: number;
  begin(run: BeginRequest): MaybePromise<Begun>;
  record(request: RecordRequest): MaybePromise<RecordReceipt>;
  fire: Handoffs["fire"];
  readonly fireMs?: number;
  standing(conversation: ConversationKey): MaybePromise<Standing>;
  end(tenant: string, executionId: string, outcome: Outcome): MaybePromise<void>;
}

export function boundedHandoffs(handoffs: Handoffs, bounds: Bounds): BoundedHandoffs {
  const { storeMs } = bounds;
  const asked: BoundedHandoffs = {
    begin: (run) => begin(handoffs, run, bounds),
    record: (request) => handoffs.record(request),
    ...(handoffs.recordMs === undefined ? {} : { recordMs: handoffs.recordMs }),
    fire: (intentId, signal) => handoffs.fire(intentId, signal),
    ...(handoffs.fireMs === undefined ? {} : { fireMs: handoffs.fireMs }),
    standing: (conversation) => inTime(storeMs, () => handoffs.standing(conversation)),
    end: (tenant, executionId, outcome) => inTime(storeMs, () => handoffs.end(tenant, executionId, outcome)),
  };
  return isInMemory(handoffs) ? askedAtOnce(handoffs, asked, bounds) : asked;
}

/** Whatever stands in front of the keeper in memory, or in the place of one of its methods, is asked like any other. */
function isInMemory(handoffs: Handoffs): handoffs is MemoryHandoffs {
  return handoffs instanceof MemoryHandoffs && Object.getPrototypeOf(handoffs) === MemoryHandoffs.prototype;
}

function askedAtOnce(memory: MemoryHandoffs, asked: BoundedHandoffs, { closed }: Bounds): BoundedHandoffs {
  const own = MemoryHandoffs.prototype;
  const is = (name: "begin" | "record" | "standing" | "end"): boolean => memory[name] === own[name];
  return {
    ...asked,
    begin: (run) => (is("begin") && !closed.aborted ? memory.beginNow(run) : null) ?? asked.begin(run),
    record: (request) => (is("record") ? memory.recordNow(request) : asked.record(request)),
    standing: (conversation) => (is("standing") ? memory.standingNow(conversation) : asked.standing(conversation)),
    end: (tenant, executionId, outcome) =>
      is("end") ? memory.endNow(tenant, executionId, outcome) : asked.end(tenant, executionId, outcome),
  };
}

async function begin(handoffs: Handoffs, run: BeginRequest, { storeMs, closed }: Bounds): Promise<Begun> {
  let answer: Promise<Begun> | null = null;
  try {
    return await inTime(storeMs, (waiting) => (answer = handoffs.begin({ ...run, waiting })), closed);
  } catch (error) {
    if (answer !== null) void release(handoffs, run, answer);
    throw faultOf(error);
  }
}

/** An answer that came after the wait: the id is free again, unless the answer was a replay. */
async function release(handoffs: Handoffs, { tenant, executionId }: BeginRequest, late: Promise<Begun>): Promise<void> {
  try {
    if ((await late).replay === undefined) await handoffs.end(tenant, executionId, refusedOutcome(executionId));
  } catch {
    // It failed, late or not: nothing was claimed, or the store finds it lost by itself.
  }
}

/** Rejects with a fault after `ms`, unless `ask` lifts that, and when `closed` aborts. */
async function inTime<Value>(
  ms: number,
  ask: (lift: () => void) => Promise<Value>,
  closed?: AbortSignal,
): Promise<Value> {
  const deadline = new Deadline(ms);
  const end = (): void => deadline.end();
  closed?.addEventListener("abort", end, { once: true });
  if (closed?.aborted) end();
  try {
    const answer = await deadline.wait(() => ask(() => deadline.lift()));
    if (answer !== OVERDUE) return answer;
  } finally {
    closed?.removeEventListener("abort", end);
  }
  throw closed?.aborted ? new HostFault("RUNTIME_CLOSED", "The runtime is closed.", "safe") : unavailable();
}

/** Of a store's own faults the caller needs to know only that nothing ran, and that it may ask again. */
function faultOf(error: unknown): unknown {
  if (!(error instanceof HostFault)) return unavailable(error);
  if (!error.code.startsWith("STORE_")) return error;
  // What the store will never take is not called passing.
  if (error.retry === "never")
    return new HostFault("HANDOFFS_UNAVAILABLE", `The store of hand-offs refuses: ${error.message}`, "never", {
      cause: error,
    });
  return unavailable(error);
}

function unavailable(cause?: unknown): HostFault {
  return new HostFault("HANDOFFS_UNAVAILABLE", "The store of hand-offs does not answer.", "safe", { cause });
}
