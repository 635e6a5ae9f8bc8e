/** The outbox as an operator sees it: what waits for a human, tried again or let go, one row or many. Each change leaves a line in the log. */
import { HostFault } from "../base/fault.ts";
import type { DeliveryContext } from "./context.ts";
import { readIntentId, readOutboxFilter, readOutboxSelection } from "./options.ts";
import type { OutboxFilter, OutboxSelection } from "./options.ts";
import type { Entry, OutboxStatus } from "./rows.ts";
import type { EntryFilter } from "./statements/questions.ts";
import { outboxDetail, outboxView, type OutboxDetail, type OutboxView } from "./views.ts";

export type OutboxCounts = Readonly<Record<OutboxStatus, number>>;

export interface Outbox {
  /** Newest first. */
  list(filter?: OutboxFilter): Promise<readonly OutboxView[]>;
  counts(selection?: OutboxSelection): Promise<OutboxCounts>;
  show(intentId: string): Promise<OutboxDetail | null>;
  /** Puts a waiting or dead row to the front. Rejects with OUTBOX_REFUSED for a dial, or what is delivered or under way. */
  retry(intentId: string): Promise<void>;
  drop(intentId: string): Promise<void>;
  /** The same for all that are selected and may be; gives each row's fate, as it happens. */
  retryAll(selection: OutboxSelection): AsyncIterable<Replayed>;
  dropAll(selection: OutboxSelection): AsyncIterable<Replayed>;
}

export interface Replayed {
  readonly intentId: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly done: boolean;
  /** Why not. */
  readonly message?: string;
}

type Verb = "retry" | "drop";
const PAGE = 200;

export function outboxOf(context: DeliveryContext): Outbox {
  const { store } = context;
  const one = async (verb: Verb, intentId: string): Promise<void> => {
    const done = await replay(context, verb, intentId);
    if (done.type === "missing")
      throw new HostFault("OUTBOX_NO_SUCH_ROW", `The outbox has no row ${intentId} (docs/delivery.md).`, "never");
    if (done.type === "refused")
      throw new HostFault("OUTBOX_REFUSED", `${done.message.replace(/\.$/, "")} (docs/delivery.md).`, "never");
  };
  return {
    async list(given = {}) {
      const { limit = 100, after, ...selection } = readOutboxFilter(given);
      const page = { filter: filterOf(selection), after: readCursor(after), limit };
      return (await store.run("list", page)).map(outboxView);
    },
    async counts(given = {}) {
      const counts = { waiting: 0, sending: 0, delivered: 0, dead: 0 };
      const filter = filterOf(readOutboxSelection(given, "counts"));
      for (const { status, rows } of await store.run("count", filter)) counts[status] = rows;
      return counts;
    },
    async show(intentId) {
      const entry = await store.run("show", { intentId: readIntentId(intentId, "show") });
      return entry && outboxDetail(entry);
    },
    retry: async (intentId) => one("retry", readIntentId(intentId, "retry")),
    drop: async (intentId) => one("drop", readIntentId(intentId, "drop")),
    retryAll: (selection) => replayAll(context, "retry", filterOf(readOutboxSelection(selection, "retryAll"))),
    dropAll: (selection) => replayAll(context, "drop", filterOf(readOutboxSelection(selection, "dropAll"))),
  };
}

async function replay(context: DeliveryContext, verb: Verb, intentId: string) {
  const done = await context.store.run(verb, { intentId, now: context.now() });
  if (done.type !== "missing" && done.type !== "refused") {
    const { tenant, conversationId } = done.entry;
    context.logger?.info({ intentId, tenant, conversationId, action: verb }, "An operator changed a row of the outbox");
    context.changed.notify();
    context.work.notify();
  }
  return done;
}

/** Selected first and changed then: what a retry makes of a row must not have it selected again. */
async function* replayAll(context: DeliveryContext, verb: Verb, filter: EntryFilter): AsyncGenerator<Replayed> {
  let last: Entry | undefined;
  do {
    const after = last ? { at: last.createdAt, intentId: last.intentId } : null;
    const entries: readonly Entry[] = await context.store.run("list", { filter, after, limit: PAGE });
    for (const { intentId, tenant, conversationId } of entries) {
      const done = await replay(context, verb, intentId);
      if (done.type === "missing") continue;
      const of = { intentId, tenant, conversationId };
      yield done.type === "refused" ? { ...of, done: false, message: done.message } : { ...of, done: true };
    }
    last = entries.at(-1);
  } while (last !== undefined);
}

function filterOf({ status, tenant, conversationId, since, before }: OutboxSelection): EntryFilter {
  return {
    status: status ?? null,
    tenant: tenant ?? null,
    conversationId: conversationId ?? null,
    since: since?.getTime() ?? null,
    before: before?.getTime() ?? null,
  };
}

function readCursor(cursor: string | undefined): { readonly at: number; readonly intentId: string } | null {
  if (cursor === undefined) return null;
  const [, at, intentId] = /^(\d{1,15}):([^]+)$/.exec(cursor) ?? [];
  if (at === undefined || intentId === undefined)
    throw new HostFault(
      "CURSOR_INVALID",
      'outbox.list: "after" is no cursor of the outbox: give the cursor of a row (docs/delivery.md).',
      "never",
    );
  return { at: Number(at), intentId };
}
