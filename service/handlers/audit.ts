/** Audit entries of handlers: what is changed outside the service's own tables, written into its chain: who did it, not what a conversation holds. */
import type { Parts } from "../parts.ts";

export async function audit(
  parts: Parts,
  actor: string,
  action: string,
  tenant: string,
  subject: string,
): Promise<void> {
  await parts.store.run("recordChange", { actor, action, tenant, subject, now: parts.now() });
}
