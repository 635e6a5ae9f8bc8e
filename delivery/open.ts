/** Puts ledger, dial, relay and outbox together on one store: `openHandoffs`, the face of this folder. */
import { randomUUID } from "node:crypto";
import { HostFault } from "../base/fault.ts";
import type { FireResult, Handoffs } from "../runtime/handoffs/handoffs.ts";
import type { LoggerLike } from "../runtime/log.ts";
import type { MigrateMode } from "../storage/index.ts";
import { SYSTEM_CLOCK, type Clock } from "./clock.ts";
import type { OnDead } from "./dead-letters.ts";
import { checkedSettings, createNews, type DeliverySettings, type Desk } from "./desk.ts";
import type { DestinationPolicies } from "./destinations.ts";
import { dial, reportTransfer } from "./dial.ts";
import { createLedger } from "./ledger.ts";
import type { Provider } from "./provider.ts";
import { createRelay } from "./relay.ts";
import { createRowLog } from "./row-log.ts";
import type { HandoffState, OutboxStatus } from "./rows.ts";
import { openStoreTime } from "./store-time.ts";
import { boundedStore } from "./bounded-store.ts";
import { openGiven, type GivenStore } from "./open-store.ts";
import { startTending } from "./tending.ts";
import {
  changeView,
  conversationView,
  outboxDetail,
  outboxView,
  type Change,
  type ConversationView,
  type OutboxDetail,
  type OutboxView,
} from "./views.ts";

export interface HandoffsOptions {
  /**
   * "memory:", "sqlite:PATH", "postgres://…" with its documented parameters, a Pool of `pg`, its config, a storage that is open already
   * (both stay the embedder's), or a store (it is closed along).
   */
  readonly store: GivenStore;
  /** `auto` (the default): missing tables and columns are added at opening. `never`: a store that is behind is refused. */
  readonly migrate?: MigrateMode;
  readonly provider?: Provider;
  /** Where live calls may be transferred to; one policy, or one by tenant. */
  readonly destinations?: DestinationPolicies;
  readonly settings?: Partial<DeliverySettings>;
  /** Whether this process empties the outbox; true where there is a provider. */
  readonly relay?: boolean;
  /** A pino logger or one of its shape. Default: none. */
  readonly logger?: LoggerLike;
  /** Told of each hand-off that is given up. It may hand it to a second provider: where it gives `{ type: "delivered" }`, that counts. */
  readonly onDead?: OnDead;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly newId?: () => string;
}

type Conversation = { readonly tenant: string; readonly conversationId: string };

export interface DurableHandoffs extends Handoffs, AsyncDisposable {
  getConversation(conversation: Conversation): Promise<ConversationView>;
  /** Ask before the bot says anything. */
  canReply(conversation: Conversation): Promise<boolean>;
  /** The bot has the conversation again, in the next epoch. */
  handBack(conversation: Conversation): Promise<ConversationView>;
  /** What happens, in the order of its commits, from now on or after a cursor; it ends with `signal` or `close`. */
  changes(options?: { readonly after?: string; readonly signal?: AbortSignal }): AsyncIterable<Change>;
  /** Where the changes stand now, for `changes({ after })`. */
  lastCursor(): Promise<string>;
  /** Erases personal data and keeps the fact. */
  purge(which: Conversation | { readonly tenant: string; readonly before: Date }): Promise<Purged>;
  /** What came of a transfer after the provider had taken the call, as its callback tells; null for an unknown intent. */
  reportTransfer(report: {
    readonly intentId: string;
    readonly result: "answered" | "failed";
    readonly code?: string;
  }): Promise<HandoffState | null>;
  readonly outbox: Outbox;
  /** Starts the relay of this process. */
  start(): void;
  close(): Promise<void>;
}

/** How many rows of each kind lost their personal data. */
export interface Purged {
  readonly handoffs: number;
  readonly executions: number;
}

export interface OutboxFilter {
  readonly status?: OutboxStatus;
  readonly tenant?: string;
  readonly conversationId?: string;
  readonly limit?: number;
}

export interface Outbox {
  list(filter?: OutboxFilter): Promise<readonly OutboxView[]>;
  show(intentId: string): Promise<OutboxDetail | null>;
  /** Puts a waiting or dead row to the front. Rejects with OUTBOX_REFUSED for a dial, or what is delivered or under way. */
  retry(intentId: string): Promise<void>;
  drop(intentId: string): Promise<void>;
}

export async function openHandoffs(options: HandoffsOptions): Promise<DurableHandoffs> {
  await options.provider?.prepare?.();
  const settings = checkedSettings(options.settings);
  const clock = options.clock ?? SYSTEM_CLOCK;
  const opened = await openGiven(options.store, options.migrate);
  const store = boundedStore(opened, clock, settings.storeMs);
  const time = await openStoreTime(store, clock).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const closing = new AbortController();
  const newId = options.newId ?? randomUUID;
  const desk: Desk = {
    store,
    provider: options.provider ?? null,
    destinations: options.destinations ?? {},
    clock,
    random: options.random ?? Math.random,
    newId,
    owner: newId(),
    settings,
    logger: options.logger ?? null,
    rowLog: createRowLog(options.logger ?? null, clock),
    onDead: options.onDead ?? null,
    closed: closing.signal,
    now: time.now,
    news: createNews(),
    work: createNews(),
  };
  const ledger = createLedger(desk);
  const relay = createRelay(desk);
  if (options.relay ?? desk.provider !== null) relay.start();
  const tending = startTending(desk, ledger, time);
  const dialling = new Set<Promise<FireResult>>();
  const fire = async (intentId: string, signal: AbortSignal): Promise<FireResult> => {
    if (ledger.isUnclear(intentId)) return "unknown";
    const result = dial(desk, intentId, signal);
    dialling.add(result);
    return result.finally(() => dialling.delete(result));
  };
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      closing.abort();
      desk.news.tell();
      await relay.stop();
      await tending;
      // A dial that is out is worth its few seconds: nobody else could say what came of it.
      await Promise.allSettled(dialling);
      await desk.provider?.close?.();
      await store.close();
    })());

  return {
    begin: (run) => ledger.begin(run),
    record: (request) => ledger.record(request),
    end: (tenant, executionId, outcome) => ledger.end(tenant, executionId, outcome),
    standing: (conversation) => ledger.standing(conversation),
    fire,
    async getConversation({ tenant, conversationId }) {
      return conversationView({ tenant, conversationId }, await store.run("latest", { tenant, conversationId }));
    },
    canReply: async ({ tenant, conversationId }) => !(await ledger.standing({ tenant, conversationId })).handedOff,
    async handBack({ tenant, conversationId }) {
      await store.run("handBack", { tenant, conversationId, now: desk.now() });
      desk.news.tell();
      return conversationView({ tenant, conversationId }, await store.run("latest", { tenant, conversationId }));
    },
    changes: (reading = {}) => changesOf(desk, reading),
    lastCursor: () => desk.store.run("lastChange", null),
    purge: (which) => purge(desk, which),
    reportTransfer: (report) => reportTransfer(desk, report),
    outbox: outboxOf(desk),
    start: () => relay.start(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function* changesOf(
  desk: Desk,
  { after, signal }: { readonly after?: string; readonly signal?: AbortSignal },
): AsyncGenerator<Change> {
  const over = signal ? AbortSignal.any([signal, desk.closed]) : desk.closed;
  let cursor = after ?? (await desk.store.run("lastChange", null));
  while (!over.aborted) {
    const heard = desk.news.heard();
    const seen = await desk.store.run("changesAfter", { after: cursor, limit: 256 });
    for (const change of seen) {
      cursor = change.cursor;
      yield changeView(change);
      if (over.aborted) return;
    }
    if (seen.length > 0) continue;
    const asleep = new AbortController();
    const sleeping = AbortSignal.any([over, asleep.signal]);
    await Promise.race([desk.clock.sleep(desk.settings.pollMs, { signal: sleeping }), heard]);
    asleep.abort();
  }
}

async function purge(
  desk: Desk,
  which: Conversation | { readonly tenant: string; readonly before: Date },
): Promise<Purged> {
  const { tenant } = which;
  const conversationId = "conversationId" in which ? which.conversationId : null;
  const before = "before" in which ? which.before.getTime() : null;
  let handoffs = 0;
  let executions = 0;
  for (let found = 1; found > 0;) {
    const done = await desk.store.run("purge", { tenant, conversationId, before, now: desk.now(), limit: 200 });
    handoffs += done.handoffs;
    executions += done.executions;
    ({ found } = done);
  }
  await desk.store.compact?.();
  desk.news.tell();
  return { handoffs, executions };
}

function outboxOf(desk: Desk): Outbox {
  const { store } = desk;
  const replay = async (operation: "retry" | "drop", intentId: string): Promise<void> => {
    const done = await store.run(operation, { intentId, now: desk.now() });
    if (done.type === "missing") throw new HostFault("OUTBOX_NO_SUCH_ROW", `No row ${intentId}.`, "never");
    if (done.type === "refused") throw new HostFault("OUTBOX_REFUSED", done.message, "never");
    desk.news.tell();
    desk.work.tell();
  };
  return {
    async list({ status, tenant, conversationId, limit = 100 } = {}) {
      const filter = { status: status ?? null, tenant: tenant ?? null, conversationId: conversationId ?? null, limit };
      return (await store.run("list", filter)).map(outboxView);
    },
    async show(intentId) {
      const entry = await store.run("show", { intentId });
      return entry && outboxDetail(entry);
    },
    retry: (intentId) => replay("retry", intentId),
    drop: (intentId) => replay("drop", intentId),
  };
}
