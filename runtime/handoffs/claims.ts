/**
 * The claim rule: one effective hand-off for each conversation and epoch. Every keeper in memory plays it on maps of its own rows; a database
 * has the unique key for it, and takes the answers from here.
 */
import { createHash } from "node:crypto";
import type { IntentKind } from "../../host-api/index.ts";
import type { Standing } from "./handoffs.ts";

export interface ConversationKey {
  readonly tenant: string;
  readonly conversationId: string;
}

export interface ClaimRow extends ConversationKey {
  readonly intentId: string;
  readonly epoch: number;
  readonly kind: IntentKind;
  /** When the conversation was handed back to the bot; null while a human has it. */
  readonly handedBackAt: number | null;
}

export interface ClaimMaps<Row extends ClaimRow> {
  readonly handoffs: Map<string, Row>;
  /** (tenant, conversation, epoch) → intent id: the unique key. */
  readonly claims: Map<string, string>;
  /** (tenant, conversation) → intent id of the newest epoch. */
  readonly newest: Map<string, string>;
}

export type ClaimAnswer =
  | { readonly type: "recorded" }
  | { readonly type: "already_handed_off"; readonly intentId: string; readonly kind: IntentKind };

/** Longer keys are kept by their hash. */
const LONGEST_KEY = 200;

export function keyOf(...parts: readonly (string | number)[]): string {
  const key = JSON.stringify(parts);
  return key.length <= LONGEST_KEY ? key : createHash("sha256").update(key).digest("base64");
}

/** False: the epoch has its hand-off, or is over; nothing was written. */
export function insertClaim<Row extends ClaimRow>(maps: ClaimMaps<Row>, row: Row): boolean {
  const { intentId, tenant, conversationId, epoch } = row;
  const key = keyOf(tenant, conversationId, epoch);
  const newest = newestOf(maps, row);
  if (maps.claims.has(key) || maps.handoffs.has(intentId) || epoch < standingOf(newest).epoch) return false;
  maps.claims.set(key, intentId);
  maps.newest.set(keyOf(tenant, conversationId), intentId);
  maps.handoffs.set(intentId, row);
  return true;
}

export function holderOf<Row extends ClaimRow>(
  { handoffs, claims }: ClaimMaps<Row>,
  { tenant, conversationId, epoch }: Pick<ClaimRow, "tenant" | "conversationId" | "epoch">,
): Row | null {
  return handoffs.get(claims.get(keyOf(tenant, conversationId, epoch)) ?? "") ?? null;
}

export function newestOf<Row extends ClaimRow>(
  { handoffs, newest }: ClaimMaps<Row>,
  { tenant, conversationId }: ConversationKey,
): Row | null {
  return handoffs.get(newest.get(keyOf(tenant, conversationId)) ?? "") ?? null;
}

export function deleteClaim<Row extends ClaimRow>({ handoffs, claims }: ClaimMaps<Row>, row: Row): boolean {
  claims.delete(keyOf(row.tenant, row.conversationId, row.epoch));
  return handoffs.delete(row.intentId);
}

/** Asked again with the same intent id a claim gets the same answer: so a lost answer is read back by asking again. */
export function answerClaim({ intentId }: Pick<ClaimRow, "intentId">, holder: ClaimRow): ClaimAnswer {
  if (holder.intentId === intentId) return { type: "recorded" };
  return { type: "already_handed_off", intentId: holder.intentId, kind: holder.kind };
}

/** Where a conversation stands, by its newest hand-off. */
export function standingOf(newest: Pick<ClaimRow, "epoch" | "kind" | "handedBackAt"> | null): Standing {
  if (newest === null) return { epoch: 0, handedOff: false };
  if (newest.handedBackAt !== null) return { epoch: newest.epoch + 1, handedOff: false };
  return { epoch: newest.epoch, handedOff: true, kind: newest.kind };
}
