/** Live versions: which version answers: the one asked for, or by the shares of what is live, always the same for a conversation. */
import { createHash } from "node:crypto";
import type { Share } from "../store/operations/actions.ts";

/** A number from 0 up to 100, of the tenant, the action and the conversation (or the execution where there is none). */
export function placeOf(tenant: string, action: string, conversationOrExecution: string): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([tenant, action, conversationOrExecution]))
    .digest();
  return (digest.readUIntBE(0, 6) / 2 ** 48) * 100;
}

/** Against the cumulative percents, in the order listed. */
export function pick(shares: readonly Share[], place: number): number | null {
  let upTo = 0;
  for (const { version, percent } of shares) {
    upTo += percent;
    if (place < upTo) return version;
  }
  return shares.findLast(({ percent }) => percent > 0)?.version ?? null;
}
