/**
 * Who was handed off, decided once: the half of the runtime's `Handoffs` that writes to the ledger while an action waits for its answer.
 */
import { HostFault } from "../base/fault.ts";
import type { Begun, BeginRequest, RecordReceipt, RecordRequest, Standing } from "../runtime/handoffs/handoffs.ts";
import type { Outcome } from "../runtime/outcome.ts";
import { inTime } from "./clock.ts";
import { firstState } from "./conversation.ts";
import type { DeliveryContext } from "./context.ts";
import { judgeFor, unavailable } from "./destinations.ts";
import { storableOutcome } from "./lost-outcome.ts";
import type { Begin } from "./operations/execution.ts";
import type { HandoffRow } from "./rows.ts";
import { answerLost, storeAnswerLost } from "../storage/store.ts";

type Conversation = { readonly tenant: string; readonly conversationId: string };
type Claim = { readonly handoff: HandoffRow };

/** An execution that runs in this process. */
interface Running {
  /** This attempt at it, in leases. */
  readonly owner: string;
  readonly keep: boolean;
  readonly production: boolean;
  readonly done: PromiseWithResolvers<void>;
}

export interface Ledger {
  begin(run: BeginRequest): Promise<Begun>;
  record(request: RecordRequest): Promise<RecordReceipt>;
  end(tenant: string, executionId: string, outcome: Outcome): Promise<void>;
  standing(conversation: Conversation): Promise<Standing>;
  /** Whether nobody can say yet if this intent was recorded. */
  isUnclear(intentId: string): boolean;
  /** Tells the store that the executions of this process live. */
  heartbeat(): Promise<void>;
  /** What the store has not taken, or not answered clearly: each is repeated until it is clear. */
  unsettled(): readonly (() => Promise<void>)[];
}

/** An outcome that the store has not taken yet. */
interface Unended {
  readonly owner: string;
  readonly store: () => Promise<void>;
}

export function createLedger(context: DeliveryContext): Ledger {
  const { store, settings } = context;
  const running = new Map<string, Running>();
  /** Claims whose answer was lost, by conversation: until they are clear the conversation counts as handed off. */
  const unclear = new Map<string, Claim>();
  const unended = new Map<string, Unended>();
  /** Attempts that were given up without the store's answer, by owner: if one is in the store after all, its id is freed. */
  const abandoned = new Map<
    string,
    { readonly tenant: string; readonly executionId: string; readonly until: number }
  >();
  let attempts = 0;
  const conversationKey = (of: Conversation): string => JSON.stringify([of.tenant, of.conversationId]);
  const executionKey = (tenant: string, executionId: string): string => JSON.stringify([tenant, executionId]);

  async function begin(run: BeginRequest): Promise<Begun> {
    const { tenant, executionId, conversationId } = run;
    const key = executionKey(tenant, executionId);
    const owner = `${context.owner}/${(attempts += 1)}`;
    for (let waitMs = 25; ; waitMs = Math.min(waitMs * 1.5, 1000)) {
      const local = running.get(key);
      const answer = await beginUntilClear(run, owner);
      switch (answer.type) {
        case "replay":
          return { replay: JSON.parse(answer.outcome) as Outcome };
        case "mismatch":
          throw mismatch(executionId);
        case "begun": {
          const production = run.environment === "production";
          running.set(key, { owner, keep: !run.generatedId, production, done: Promise.withResolvers() });
          if (conversationId === null) return answer.standing;
          return cautious({ tenant, conversationId }, answer.standing);
        }
        case "running":
          run.waiting?.();
          await Promise.race([context.clock.sleep(waitMs), ...(local ? [local.done.promise] : [])]);
          if (context.closed.aborted) throw closedFault();
      }
    }
  }

  /** Asked again by the same owner it gives the same answer. */
  async function beginUntilClear(run: BeginRequest, owner: string): Promise<Begin> {
    const { tenant, executionId, inputHash, conversationId, generatedId } = run;
    const answer = await untilClear(context, settings.storeMs, () => {
      const now = context.now();
      const { executionLeaseMs: leaseMs, keepMs } = settings;
      const times = { leaseUntil: now + leaseMs, leaseMs, startedAt: now, expiresAt: now + keepMs };
      const of = { tenant, executionId, inputHash, conversationId, owner };
      return store.run("begin", {
        execution: { ...of, ...times, outcome: null, lostAt: null, purgedAt: null },
        keep: !generatedId,
        now,
        answeredSince: now - context.answeredForMs(),
      });
    });
    if (answer !== null) return answer;
    const until = context.clock.elapsed() + 2 * settings.executionLeaseMs;
    if (!generatedId) abandoned.set(owner, { tenant, executionId, until });
    throw storeAnswerLost("nobody knows whether the execution was claimed");
  }

  /** As long as a claim of ours is unclear, the conversation is not the bot's. */
  async function cautious(of: Conversation, known: Standing): Promise<Standing> {
    const claim = unclear.get(conversationKey(of));
    if (claim === undefined || known.handedOff || known.epoch > claim.handoff.epoch) return known;
    const clear = await clarify(claim).catch(() => null);
    return { epoch: claim.handoff.epoch, handedOff: true, kind: clear?.kind ?? claim.handoff.kind };
  }

  /** Asks for the same claim again: by then it is in the ledger, or it is put there. */
  async function clarify(claim: Claim): Promise<{ kind: HandoffRow["kind"] }> {
    const answer = await untilClear(context, settings.recordMs, () => store.run("claim", claim));
    if (answer === null) throw storeAnswerLost("nobody knows whether the hand-off was recorded");
    unclear.delete(conversationKey(claim.handoff));
    context.changed.notify();
    context.work.notify();
    return answer.type === "recorded" ? claim.handoff : answer;
  }

  async function record(request: RecordRequest): Promise<RecordReceipt> {
    const { intentId, tenant, executionId, kind, phoneDestination } = request;
    if (running.get(executionKey(tenant, executionId))?.production === false) {
      throw new HostFault("HANDOFF_OUTSIDE_PRODUCTION", "A test or mock run records no hand-off.", "never");
    }
    if (kind === "phone_transfer" && phoneDestination !== null) {
      const judging = judgeFor(context.destinations, tenant, phoneDestination);
      const timely = await inTime(context.clock, settings.recordMs, judging);
      const verdict = timely.type === "answered" ? timely.value : unavailable();
      if (!verdict.allowed) {
        if (verdict.code.startsWith("DESTINATION_POLICY_"))
          context.logger?.warn({ code: verdict.code, tenant }, "No call is transferred under this policy");
        return { intentId, verdict: "rejected", message: verdict.message };
      }
    }
    const waiting = unclear.get(conversationKey(request));
    if (waiting && waiting.handoff.epoch === request.epoch) {
      return { intentId, verdict: "already_handed_off", kind: waiting.handoff.kind };
    }
    const claim = claimFor(request);
    const answer = await untilClear(context, settings.recordMs, () => store.run("claim", claim));
    if (answer === null) {
      unclear.set(conversationKey(request), claim);
      return { intentId, verdict: "unknown" };
    }
    if (answer.type === "already_handed_off") return { intentId, verdict: answer.type, kind: answer.kind };
    context.changed.notify();
    context.work.notify();
    return { intentId, verdict: "recorded" };
  }

  function claimFor(request: RecordRequest): Claim {
    const now = context.now();
    const { intentId, tenant, conversationId, epoch, executionId, kind, reason, phoneDestination } = request;
    const handoff: HandoffRow = {
      intentId,
      tenant,
      conversationId,
      epoch,
      executionId,
      kind,
      state: firstState(kind, context.provider !== null),
      code: null,
      reason,
      phoneDestination: kind === "phone_transfer" ? phoneDestination : null,
      call: request.call === null ? null : JSON.stringify(request.call),
      createdAt: now,
      handedBackAt: null,
      purgedAt: null,
    };
    return { handoff };
  }

  async function end(tenant: string, executionId: string, outcome: Outcome): Promise<void> {
    const key = executionKey(tenant, executionId);
    const run = running.get(key);
    if (run === undefined) return;
    const owed = { owner: run.owner, store: () => storeEnd(tenant, executionId, run.owner, outcome) };
    try {
      if (run.keep) await insist(context, owed.store);
    } catch (error) {
      // The outcome is kept until the store takes it: until then nobody finds this execution lost.
      unended.set(key, owed);
      throw error;
    } finally {
      running.delete(key);
      run.done.resolve();
    }
  }

  async function storeEnd(tenant: string, executionId: string, owner: string, outcome: Outcome): Promise<void> {
    if (outcome.status === "refused") {
      await store.run("release", { tenant, executionId, owner });
      return;
    }
    const expiresAt = context.now() + settings.keepMs;
    const kept = await store.run("end", { tenant, executionId, owner, expiresAt, outcome: storableOutcome(outcome) });
    if (!kept) context.logger?.warn({ executionId }, "The row of an execution was gone before it ended");
  }

  async function heartbeat(): Promise<void> {
    const owners = [...running.values(), ...unended.values()]
      .filter((of) => !("keep" in of) || of.keep)
      .map(({ owner }) => owner);
    if (owners.length === 0) return;
    await store.run("heartbeat", { owners, leaseUntil: context.now() + settings.executionLeaseMs });
  }

  function unsettled(): (() => Promise<void>)[] {
    const claims = [...unclear.values()].map((claim) => async () => void (await clarify(claim)));
    const ends = [...unended].map(([key, owed]) => async () => {
      await owed.store();
      unended.delete(key);
    });
    const begins = [...abandoned].map(([owner, { tenant, executionId, until }]) => async () => {
      // Repeated for a while: the lost request may still be on its way.
      if (context.clock.elapsed() > until) abandoned.delete(owner);
      await store.run("release", { tenant, executionId, owner });
    });
    return [...claims, ...ends, ...begins];
  }

  return {
    begin,
    record,
    end,
    async standing(conversation) {
      return cautious(conversation, await store.run("standing", conversation));
    },
    isUnclear: (intentId) => [...unclear.values()].some((claim) => claim.handoff.intentId === intentId),
    heartbeat,
    unsettled,
  };
}

/** Asks until the store says something clear, for up to `ms`; null: it never did. Rejects only where surely nothing happened. */
async function untilClear<Answer>(
  context: DeliveryContext,
  ms: number,
  ask: () => Promise<Answer>,
): Promise<Answer | null> {
  const { clock } = context;
  const deadline = clock.elapsed() + ms;
  let doubt = false;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    const left = deadline - clock.elapsed();
    if (left <= 0) return null;
    try {
      const timely = await inTime(clock, left, ask());
      return timely.type === "late" ? null : timely.value;
    } catch (error) {
      if (answerLost(error)) doubt = true;
      else if (!doubt) throw error;
    }
    await clock.sleep(Math.min(pauseMs, Math.max(0, deadline - clock.elapsed())));
  }
}

/** Repeats what may be repeated for up to `recordMs`. */
async function insist(context: DeliveryContext, work: () => Promise<void>): Promise<void> {
  const deadline = context.clock.elapsed() + context.settings.recordMs;
  for (let pauseMs = 20; ; pauseMs *= 2) {
    try {
      await work();
      return;
    } catch (error) {
      if (context.clock.elapsed() + pauseMs >= deadline) throw error;
      await context.clock.sleep(pauseMs);
    }
  }
}

function mismatch(executionId: string): HostFault {
  return new HostFault(
    "EXECUTION_MISMATCH",
    `Execution id ${executionId} was used for another action or context.`,
    "never",
  );
}

function closedFault(): HostFault {
  return new HostFault("HANDOFFS_CLOSED", "The hand-offs were closed while this execution waited.", "safe");
}
