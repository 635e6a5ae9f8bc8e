/** Puts ledger, dial, relay and outbox together on one store: `openHandoffs`, the face of this folder. */
import { nameOf } from "../base/thrown.ts";
import { createEmitter, type Emitter } from "../base/events.ts";
import type { HandoffEvent } from "../runtime/handoffs/events.ts";
import { randomUUID } from "node:crypto";
import type { FireResult, Handoffs } from "../runtime/handoffs/handoffs.ts";
import { quietly } from "../runtime/log.ts";
import { lastCursor, readChanges, type Reading } from "./changes.ts";
import { SYSTEM_CLOCK, within } from "./clock.ts";
import { watchContact } from "./contact.ts";
import { createSignal, type DeliveryContext } from "./context.ts";
import { dial, reportTransfer } from "./dial.ts";
import { createLedger } from "./ledger.ts";
import {
  readConversation,
  readExecutionKey,
  readHandoffsOptions,
  readProvider,
  readPurge,
  readReading,
  readReport,
  type HandoffsOptions,
} from "./options.ts";
import { createRelay } from "./relay.ts";
import { createRowLog } from "./row-log.ts";
import type { HandoffState } from "./rows.ts";
import { keyedStore } from "./store-keys.ts";
import { openStoreTime } from "./store-time.ts";
import { checkedChance, checkedIds } from "./embedder.ts";
import { boundedStore } from "./bounded-store.ts";
import { openGiven } from "./open-store.ts";
import { outboxOf, type Outbox } from "./outbox.ts";
import { getExecution, purge, type Purged, type PurgeSelection } from "./retention.ts";
import { startMaintenance } from "./maintenance.ts";
import { checkedSettings } from "./settings.ts";
import { tenantProviders } from "./tenant-providers.ts";
import { conversationView, type Change, type ConversationView, type ExecutionView } from "./views.ts";

/** What a timer keeps. */
const LONGEST_MS = 2_147_483_647;

type Conversation = { readonly tenant: string; readonly conversationId: string };

export interface DurableHandoffs extends Handoffs, AsyncDisposable {
  getConversation(conversation: Conversation): Promise<ConversationView>;
  /** Ask before the bot says anything. */
  canReply(conversation: Conversation): Promise<boolean>;
  /** The bot has the conversation again, in the next epoch. */
  handBack(conversation: Conversation): Promise<ConversationView>;
  /** What happens, in the order of its commits, from now on or after a cursor; it ends with `signal` or `close`. */
  changes(options?: Reading): AsyncIterable<Change>;
  /** Where the changes stand now, for `changes({ after })`. */
  lastCursor(): Promise<string>;
  /** Erases personal data and keeps the fact: of a conversation, of a tenant, or of what is older. */
  purge(which: PurgeSelection): Promise<Purged>;
  /** What is known of an execution id; null for one that is unknown, or was forgotten after `keepMs`. */
  getExecution(which: { readonly tenant: string; readonly executionId: string }): Promise<ExecutionView | null>;
  /** What came of a transfer after the provider had taken the call, as its callback reports it; null for an unknown intent. */
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

/** Rejects with an OptionsError, which is a TypeError, for options that cannot be used. */
// oxlint-disable-next-line eslint/max-lines-per-function -- one face: each member is a line or two over the parts
export async function openHandoffs(given: HandoffsOptions): Promise<DurableHandoffs> {
  const options = readHandoffsOptions(given);
  const events = createEmitter<HandoffEvent>();
  const { context, time, closing } = await openContext(options, events);
  const { store, settings, logger } = context;
  const ledger = createLedger(context);
  const relay = createRelay(context);
  if (options.relay ?? context.provider !== null) relay.start();
  const maintenance = startMaintenance(context, ledger, time);
  const dialling = new Set<Promise<FireResult>>();
  const fire = async (intentId: string, signal: AbortSignal): Promise<FireResult> => {
    if (ledger.isUnclear(intentId)) return "unknown";
    const result = dial(context, intentId, signal);
    dialling.add(result);
    return result.finally(() => dialling.delete(result));
  };
  const warnOfDefault = once(() => {
    const message =
      'A durable store was given hand-offs of the tenant "default": give `tenant` to execute, or tenants share conversations.';
    if (logger) logger.warn({ code: "TENANT_DEFAULT" }, message);
    else process.emitWarning(message, { code: "TENANT_DEFAULT" });
  });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      closing.abort();
      context.changed.notify();
      await relay.stop();
      await maintenance;
      // A dial that is out is worth its few seconds: no other process could learn what came of it.
      await Promise.allSettled(dialling);
      await closeProvider(context);
      await store.close();
    })());

  return {
    events,
    begin: (run) => {
      if (run.tenant === "default" && store.name !== "memory") warnOfDefault();
      return ledger.begin(run);
    },
    record: (request) => ledger.record(request),
    // A policy has as long as the claim that follows it.
    recordMs: Math.min(LONGEST_MS, (typeof context.destinations === "function" ? 2 : 1) * settings.recordMs),
    fireMs: settings.fireMs,
    end: (tenant, executionId, outcome) => ledger.end(tenant, executionId, outcome),
    standing: (conversation) => ledger.standing(conversation),
    fire,
    async getConversation(of) {
      const { tenant, conversationId } = readConversation(of, "getConversation");
      return conversationView({ tenant, conversationId }, await store.run("latest", { tenant, conversationId }));
    },
    canReply: async (of) => !(await ledger.standing(readConversation(of, "canReply"))).handedOff,
    async handBack(of) {
      const { tenant, conversationId } = readConversation(of, "handBack");
      await store.run("handBack", { tenant, conversationId, now: context.now() });
      context.changed.notify();
      return conversationView({ tenant, conversationId }, await store.run("latest", { tenant, conversationId }));
    },
    changes: (reading = {}) => readChanges(context, readReading(reading)),
    lastCursor: () => lastCursor(context),
    purge: async (which) => purge(context, readPurge(which)),
    getExecution: async (which) => getExecution(context, readExecutionKey(which)),
    reportTransfer: async (report) => reportTransfer(context, readReport(report)),
    outbox: outboxOf(context),
    start: () => relay.start(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Opens the store, and gathers what all work of this process shares. */
async function openContext(options: HandoffsOptions, events: Emitter<HandoffEvent>) {
  const settings = checkedSettings(options.settings);
  const logger = options.logger ? quietly(options.logger) : null;
  const clock = options.clock ?? SYSTEM_CLOCK;
  const provider =
    typeof options.provider === "function"
      ? tenantProviders(options.provider, { read: readProvider, clock, settings })
      : options.provider;
  await provider?.prepare?.();
  const opened = await openGiven(options.store, options.migrate);
  const { store, answeredForMs } = watchContact(keyedStore(boundedStore(opened, clock, settings.storeMs)), clock);
  const time = await openStoreTime(store, clock).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const closing = new AbortController();
  const newId = checkedIds(options.newId ?? randomUUID);
  const context: DeliveryContext = {
    store,
    provider: provider ?? null,
    destinations: options.destinations ?? {},
    clock,
    random: checkedChance(options.random ?? Math.random),
    newId,
    owner: newId(),
    settings,
    logger,
    rowLog: createRowLog(logger, clock, events),
    onDead: options.onDead ?? null,
    closed: closing.signal,
    now: time.now,
    lasting: time.lasting,
    // Leases that were given before the clock was set say nothing after it.
    answeredForMs: () => Math.min(answeredForMs(), time.steadyForMs()),
    toCompact: { owed: false },
    changed: createSignal(),
    work: createSignal(),
  };
  return { context, time, closing };
}

/** A provider that cannot be closed, or takes its time, keeps no store open. */
async function closeProvider({ provider, clock, settings, logger }: DeliveryContext): Promise<void> {
  try {
    const closing = async (): Promise<void> => provider?.close?.();
    const timely = await within(clock, settings.deliverMs, closing);
    if (timely.type === "late") logger?.warn({ provider: provider?.name }, "The provider did not close in time");
  } catch (error) {
    logger?.warn({ provider: provider?.name, error: nameOf(error) }, "The provider threw while it was closed");
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
