/**
 * A process that does what a bot platform's host does: executions one after another beside a relay, until its work is done or it is
 * killed at a mark. What the outside world learns of it are the lines that it writes.
 */
import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import * as today from "../../delivery/index.ts";
import type { DurableHandoffs, Provider, TransferResult } from "../../delivery/index.ts";
import { openStore as openStoreOfToday } from "../../delivery/open-store.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import { perform, type Plan } from "../simulation/run.ts";
import { createMarks, tell, type KillOrder } from "./marks.ts";
import { httpProvider } from "./provider.ts";
import { CHAOS_SETTINGS } from "./settings.ts";
import { watchedRows } from "./timeline.ts";

interface Work {
  readonly store: string;
  readonly provider: string;
  readonly plans: readonly Plan[];
  readonly handBacks: readonly { readonly tenant: string; readonly conversationId: string }[];
  readonly kill: KillOrder | null;
  readonly control: string | null;
  /** Whether it is a process of the release before. */
  readonly previous: boolean;
}

const { CHAOS_WORK = "{}" } = process.env;
const work = JSON.parse(CHAOS_WORK) as Work;
const mark = createMarks(work.kill);
const previous = work.previous ? await import("../delivery/previous/index.js") : null;
const { openHandoffs } = previous ?? today;
const openStore = previous?.openStore ?? openStoreOfToday;

/** The database may be on its way up again. */
async function patiently<Value>(open: () => Promise<Value>): Promise<Value> {
  for (let round = 1; ; round += 1) {
    try {
      return await open();
    } catch (error) {
      if (round === 200) throw error;
      await sleep(50);
    }
  }
}

function marked(store: Store): Store {
  return {
    ...store,
    async run(name, input) {
      if (name === "claim") mark("before-claim");
      if (name === "settle" || name === "settleTransfer") mark("before-settle");
      const result = await store.run(name, input);
      if (name === "claim") mark("after-claim");
      if (name === "settle" || name === "settleTransfer") mark("after-settle");
      return result;
    },
  };
}

function markedProvider(provider: Provider): Provider {
  const around = async <T>(intentId: string, send: () => Promise<T>): Promise<T> => {
    mark("before-send");
    const result = await send();
    told(intentId, `${who}: the provider answers ${JSON.stringify(result)}`);
    mark("after-send");
    return result;
  };
  return {
    ...provider,
    deliver: (handoff, signal) => around(handoff.intentId, async () => provider.deliver?.(handoff, signal) as never),
    transfer: (request, signal) =>
      around(request.intentId, async () => provider.transfer?.(request, signal) as Promise<TransferResult>),
  };
}

const who = `${work.previous ? "previous " : ""}${work.plans.length > 0 ? "host" : "relay"} ${process.pid}`;
const told = (intentId: string, what: string): void => tell({ type: "row", intentId, what, at: Date.now() });

const provider = httpProvider(work.provider);
const handoffs = await patiently(async () =>
  openHandoffs({
    store: marked(watchedRows(await openStore(work.store), who, told)),
    provider: markedProvider(provider),
    settings: CHAOS_SETTINGS,
  }),
);
const acknowledging: DurableHandoffs = {
  ...handoffs,
  async record(request) {
    if (work.control === "ack-before-commit") {
      const { executionId, kind, intentId, epoch } = request;
      tell({ type: "acknowledged", executionId, intentId, kind, epoch });
    }
    const receipt = await handoffs.record(request);
    mark("before-answer");
    return receipt;
  },
};

if (work.control === "retry-unknown-dial") {
  for (const row of await handoffs.outbox.list({ limit: 1000 })) {
    if (row.state !== "transfer_unknown") continue;
    const request = {
      ...row,
      executionId: "",
      reason: null,
      call: null,
      ageMs: 0,
      sentAt: new Date().toISOString(),
      attempt: 2,
      phoneDestination: "+15551234567",
    };
    await provider.transfer?.(request, AbortSignal.timeout(1000)).catch(() => {});
  }
}

// A process that is killed would leave the next one to compile all of it again.
flushCompileCache();
const queue = [...work.plans];
async function worker(): Promise<void> {
  for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
    await perform(acknowledging, plan, {
      ran: ({ executionId }) => tell({ type: "ran", executionId }),
      acknowledged({ executionId }, { intentId, kind }, epoch) {
        tell({ type: "acknowledged", executionId, intentId, kind, epoch });
        mark("after-answer");
      },
      answered: ({ executionId }, call) => tell({ type: "answered", executionId, ...call }),
      settled: ({ executionId }, outcome, replay) => tell({ type: "settled", executionId, outcome, replay }),
    }).catch((error: unknown) => tell({ type: "fault", executionId: plan.executionId, message: String(error) }));
  }
}
async function handBack(): Promise<void> {
  for (const conversation of work.handBacks) {
    await sleep(20);
    await handoffs.handBack(conversation).catch(() => {});
  }
}
await Promise.all([worker(), worker(), worker(), worker(), handBack()]);
// The relay may have the rest; a process that has no work of its own is a relay and nothing else.
await sleep(work.plans.length > 0 ? 300 : 1200);
tell({ type: "done" });
await handoffs.close();
