/** The promises, as questions to what happened. Every answer that is not empty is a broken promise. */
import type { MemoryRows } from "../../delivery/memory-rows.ts";
import type { EffectiveHandoff } from "../../host-api/index.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type { Plan, Witness } from "./run.ts";

export interface Tally {
  lost: number;
  doubled: number;
  leaked: number;
  unknown: number;
  readonly violations: string[];
}

interface Acknowledged {
  readonly plan: Plan;
  readonly intentId: string;
  readonly epoch: number;
}

export interface Checks extends Witness {
  readonly tally: Tally;
  /** After every step: what is acknowledged is there, and what is there is well-formed. */
  look(rows: MemoryRows): void;
  /** Once everything has settled. */
  finish(rows: MemoryRows, dials: ReadonlyMap<string, number>, deliveries: ReadonlyMap<string, number>): void;
  /** Nothing goes wrong any more, and still an execution got no outcome. */
  unanswered(plan: Plan, error: unknown): void;
  /** The bot asked whether it may speak. */
  replied(of: { tenant: string; conversationId: string }, may: boolean, rows: MemoryRows): void;
}

export function createChecks(): Checks {
  const tally: Tally = { lost: 0, doubled: 0, leaked: 0, unknown: 0, violations: [] };
  const broken = (kind: "lost" | "doubled" | "leaked" | null, message: string): void => {
    if (kind !== null) tally[kind] += 1;
    if (tally.violations.length < 20) tally.violations.push(message);
  };
  const acknowledged = new Map<string, Acknowledged>();
  const ran = new Map<string, number>();
  const outcomes = new Map<string, { json: string; final: boolean; lost: boolean }>();
  const fired = new Map<string, Plan>();
  const missing = new Set<string>();
  const winners = new Map<string, string>();

  return {
    tally,
    ran(plan) {
      const times = (ran.get(plan.executionId) ?? 0) + 1;
      ran.set(plan.executionId, times);
      if (times > 1) broken("doubled", `execution ${plan.executionId} ran ${times} times`);
    },
    acknowledged(plan, handoff: EffectiveHandoff, epoch) {
      const { intentId } = handoff;
      acknowledged.set(intentId, { plan, intentId, epoch });
      const key = JSON.stringify([plan.tenant, plan.conversationId, epoch]);
      const winner = winners.get(key);
      if (winner !== undefined && winner !== intentId) broken("doubled", `${key} was won by ${winner} and ${intentId}`);
      winners.set(key, intentId);
    },
    settled(plan, outcome: Outcome, replay) {
      const { executionId, secret } = plan;
      const lost = outcome.error?.code === "EXECUTION_LOST";
      // One that is lost says what may be; whether the transfer fired, its own outcome says if it comes.
      const transferred = outcome.handoff?.kind === "phone_transfer" && !lost;
      if (transferred) fired.set(executionId, plan);
      if (fired.has(executionId) && "returnValue" in outcome) broken("leaked", `${executionId} gave a discarded value`);
      if (!("returnValue" in outcome) && JSON.stringify(outcome.logs).includes(secret)) {
        broken("leaked", `${executionId} logged a discarded value`);
      }
      // Replays agree among themselves; the process that ran it may have been found lost before it ended.
      const earlier = outcomes.get(executionId);
      const json = JSON.stringify(outcome);
      // And one that was found lost and was not takes its own outcome, once.
      const isOwnAtLast = earlier?.lost === true && !lost;
      if (replay && earlier?.final && earlier.json !== json && !isOwnAtLast)
        broken(null, `${executionId} was replayed as something else`);
      outcomes.set(executionId, { json, final: replay, lost });
    },
    look(rows) {
      for (const { plan, intentId, epoch } of acknowledged.values()) {
        const row = rows.handoffs.get(intentId);
        if (row === undefined || row.epoch !== epoch || row.conversationId !== plan.conversationId) {
          if (!missing.has(intentId)) broken("lost", `the acknowledged hand-off ${intentId} is not in the ledger`);
          missing.add(intentId);
        }
      }
      const keys = new Map<string, string>();
      for (const row of rows.handoffs.values()) {
        if (!rows.outbox.has(row.intentId)) broken("lost", `${row.intentId} has no row in the outbox`);
        const key = JSON.stringify([row.tenant, row.conversationId, row.epoch]);
        const other = keys.get(key);
        if (other !== undefined) broken("doubled", `${key} is held by ${other} and ${row.intentId}`);
        keys.set(key, row.intentId);
        if (row.kind === "phone_transfer" && row.conversationId.startsWith("chat")) {
          broken(null, `${row.intentId} is a phone transfer off the phone channel`);
        }
        if (row.executionId.startsWith("test") || row.executionId.startsWith("mock")) {
          broken(null, `${row.intentId} was recorded by a test or mock run`);
        }
      }
      if (rows.outbox.size !== rows.handoffs.size) broken(null, "the outbox has a row that the ledger has not");
    },
    unanswered(plan, error) {
      broken(null, `${plan.executionId} got no outcome: ${String(error)}`);
    },
    replied({ tenant, conversationId }, may, rows) {
      if (!may) return;
      const held = rows.handoffs.get(rows.newest.get(JSON.stringify([tenant, conversationId])) ?? "");
      // The newest acknowledged hand-off that was not handed back forbids it.
      if (held && held.handedBackAt === null && acknowledged.has(held.intentId)) {
        broken("lost", `the bot may reply in ${conversationId} although it was handed off`);
      }
    },
    finish(rows, dials, deliveries) {
      for (const [intentId, times] of dials) if (times > 1) broken("doubled", `${intentId} was dialled ${times} times`);
      for (const row of rows.outbox.values()) {
        const handoff = rows.handoffs.get(row.intentId);
        if (handoff?.state === "transfer_unknown") tally.unknown += 1;
        if (row.status === "sending") broken(null, `${row.intentId} is still at the provider`);
        if (row.status === "waiting")
          broken(null, `${row.intentId} still waits although nothing holds it up: ${JSON.stringify(row)}`);
        if (row.status === "delivered" && row.task === "deliver" && !deliveries.has(row.intentId)) {
          broken("lost", `${row.intentId} counts as delivered, and nobody got it`);
        }
        if (handoff?.state === "transferred" && !dials.has(row.intentId)) {
          broken("lost", `${row.intentId} counts as transferred, and nobody dialled`);
        }
        if (dials.has(row.intentId) && handoff?.state !== "transferred" && handoff?.state !== "transfer_unknown") {
          broken("lost", `${row.intentId} was dialled and counts as ${handoff?.state}`);
        }
      }
    },
  };
}
