/** The change that reports a row, with the names that the row has. */
import type { ChangeRow, ChangeType, HandoffRow } from "../rows.ts";

export function changeOf(row: HandoffRow, type: ChangeType, at: number): ChangeRow {
  const { tenant, conversationId, epoch, intentId, ids = null } = row;
  return { at, tenant, conversationId, epoch, intentId, type, ids };
}
