/** What a process does with the rows of the outbox, in words: leases, renewals, settlements, and what became of each. */
import type { Entry, OutboxRow } from "../../delivery/rows.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";

export type Note = (intentId: string, what: string) => void;

export function watchedRows(store: Store, who: string, note: Note): Store {
  return {
    ...store,
    async run(name, input) {
      try {
        const result = await store.run(name, input);
        say(name, input, result);
        return result;
      } catch (error) {
        const id = intentOf(input);
        if (id !== null && name !== "show") note(id, `${who}: ${name} failed: ${String(error)}`);
        throw error;
      }
    },
  };

  function say(name: string, input: unknown, result: unknown): void {
    if (name === "lease") {
      for (const { intentId, outbox } of result as readonly Entry[])
        note(intentId, `${who}: leased, ${inWords(outbox)}`);
    } else if (name === "settle") {
      const { outbox } = input as { readonly outbox: OutboxRow };
      note(outbox.intentId, `${who}: ${result === true ? "settled" : "may not settle"}, ${inWords(outbox)}`);
    } else if (name === "claim" || name === "startDial" || name === "settleTransfer" || name === "retry") {
      const id = intentOf(input);
      if (id !== null) note(id, `${who}: ${name}, ${String((result as { type?: unknown } | null)?.type ?? result)}`);
    }
  }
}

function intentOf(input: unknown): string | null {
  const { intentId, handoff, outbox } = (input ?? {}) as Record<string, { readonly intentId?: unknown } | undefined>;
  const id: unknown = intentId ?? handoff?.intentId ?? outbox?.intentId;
  return typeof id === "string" ? id : null;
}

const at = (time: number | null): string => (time === null ? "-" : new Date(time).toISOString().slice(11, 23));

const inWords = ({ task, status, attempts, nextAt, leaseToken, leaseUntil, code }: OutboxRow): string =>
  `${task} ${status}, attempt ${attempts}, token ${leaseToken}, lease until ${at(leaseUntil)}, next ${at(nextAt)}, code ${code ?? "-"}`;
