/**
 * Executions by id, as this process runs them: claimed at the store, kept alive there by heartbeats, waited for where another has them, and
 * ended with an outcome that is kept until the store takes it.
 */
import { HostFault } from "../base/fault.ts";
import type { Begun, BeginRequest } from "../runtime/handoffs/handoffs.ts";
import type { Outcome } from "../runtime/outcome.ts";
import { storeAnswerLost } from "../storage/store.ts";
import type { DeliveryContext } from "./context.ts";
import { storableOutcome } from "./lost-outcome.ts";
import type { Begin } from "./operations/execution.ts";
import { insist, untilClear } from "./until-clear.ts";

/** An execution that runs in this process. */
interface Running {
  /** This attempt at it, in leases. */
  readonly owner: string;
  readonly keep: boolean;
  readonly production: boolean;
  readonly done: PromiseWithResolvers<void>;
}

/** An outcome that the store has not taken yet. */
interface Unended {
  readonly owner: string;
  readonly store: () => Promise<void>;
}

/** An attempt that was given up without the store's answer: if it is in the store after all, its id is freed. */
interface Abandoned {
  readonly tenant: string;
  readonly executionId: string;
  /** The lost request may still be on its way until then. */
  readonly until: number;
}

export interface Executions {
  begin(run: BeginRequest): Promise<Begun>;
  end(tenant: string, executionId: string, outcome: Outcome): Promise<void>;
  /** Null where this process does not run it. */
  isProduction(tenant: string, executionId: string): boolean | null;
  heartbeat(): Promise<void>;
  unsettled(): readonly (() => Promise<void>)[];
}

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over the executions of one process
export function createExecutions(context: DeliveryContext): Executions {
  const { store, settings, clock } = context;
  const running = new Map<string, Running>();
  const unended = new Map<string, Unended>();
  const abandoned = new Map<string, Abandoned>();
  let attempts = 0;

  async function begin(run: BeginRequest): Promise<Begun> {
    const { tenant, executionId } = run;
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
          return answer.standing;
        }
        case "running":
          run.waiting?.();
          await Promise.race([clock.sleep(waitMs), ...(local ? [local.done.promise] : [])]);
          if (context.closed.aborted) throw closedFault();
      }
    }
  }

  /** Asked again by the same owner it gives the same answer. */
  async function beginUntilClear(run: BeginRequest, owner: string): Promise<Begin> {
    const { tenant, executionId, inputHash, conversationId, generatedId } = run;
    const answer = await untilClear(context, settings.storeMs, () => {
      if (generatedId) return store.run("beginUnkept", { tenant, conversationId });
      const now = context.now();
      const { executionLeaseMs: leaseMs, keepMs } = settings;
      const times = { leaseUntil: now + leaseMs, leaseMs, startedAt: now, expiresAt: now + keepMs };
      const of = { tenant, executionId, inputHash, conversationId, owner };
      return store.run("begin", {
        execution: { ...of, ...times, outcome: null, lostAt: null, purgedAt: null },
        now,
        lasting: context.lasting(),
        answeredSince: now - context.answeredForMs(),
      });
    });
    if (answer !== null) return answer;
    const until = clock.elapsed() + 2 * settings.executionLeaseMs;
    if (!generatedId) abandoned.set(owner, { tenant, executionId, until });
    throw storeAnswerLost("it is not known whether the execution was claimed");
  }

  async function end(tenant: string, executionId: string, outcome: Outcome): Promise<void> {
    const key = executionKey(tenant, executionId);
    const run = running.get(key);
    if (run === undefined) return;
    const owed = {
      owner: run.owner,
      store: () => storeEnd(context, { tenant, executionId, owner: run.owner }, outcome),
    };
    try {
      if (run.keep) await insist(context, owed.store);
    } catch (error) {
      // The outcome is kept until the store takes it: until then no other process finds this execution lost.
      unended.set(key, owed);
      throw error;
    } finally {
      running.delete(key);
      run.done.resolve();
    }
  }

  return {
    begin,
    end,
    isProduction: (tenant, executionId) => running.get(executionKey(tenant, executionId))?.production ?? null,
    async heartbeat() {
      const kept = [...running.values()].filter(({ keep }) => keep);
      const owners = [...kept, ...unended.values()].map(({ owner }) => owner);
      if (owners.length === 0) return;
      await store.run("heartbeat", { owners, leaseUntil: context.now() + settings.executionLeaseMs });
    },
    unsettled() {
      const ends = [...unended].map(([key, owed]) => async () => {
        await owed.store();
        unended.delete(key);
      });
      const begins = [...abandoned].map(([owner, { tenant, executionId, until }]) => async () => {
        if (clock.elapsed() > until) abandoned.delete(owner);
        await store.run("release", { tenant, executionId, owner });
      });
      return [...ends, ...begins];
    },
  };
}

interface Owned {
  readonly tenant: string;
  readonly executionId: string;
  readonly owner: string;
}

async function storeEnd({ store, settings, logger, now }: DeliveryContext, of: Owned, outcome: Outcome): Promise<void> {
  if (outcome.status === "refused") {
    await store.run("release", of);
    return;
  }
  const expiresAt = now() + settings.keepMs;
  const kept = await store.run("end", { ...of, expiresAt, outcome: storableOutcome(outcome) });
  if (!kept)
    logger?.warn(
      { executionId: of.executionId },
      "The row of an execution had been deleted when its outcome was to be stored",
    );
}

const executionKey = (tenant: string, executionId: string): string => JSON.stringify([tenant, executionId]);

function mismatch(executionId: string): HostFault {
  return new HostFault(
    "EXECUTION_MISMATCH",
    `The execution id ${executionId} was used for another action or context.`,
    "never",
  );
}

function closedFault(): HostFault {
  return new HostFault(
    "HANDOFFS_CLOSED",
    "openHandoffs: close() was called while this execution waited for another run of its execution id.",
    "safe",
  );
}
