/** No more kills: what is open comes to rest, and every execution is asked for once more. */
import { setTimeout as sleep } from "node:timers/promises";
import { openHandoffs, type DurableHandoffs } from "../../delivery/index.ts";
import { openStore } from "../../delivery/open-store.ts";
import type { Entry } from "../../delivery/rows.ts";
import { perform, type Plan, type Witness } from "../simulation/run.ts";
import { readStore } from "./history/read-store.ts";
import { watchRelay, type Patience } from "./patience.ts";
import { httpProvider } from "./provider.ts";
import { everything, openRows, rowsOf } from "./rows.ts";
import { noteRow, outcomeEntry, type Scene } from "./scene.ts";
import { CHAOS_SETTINGS } from "./settings.ts";
import { watchedRows } from "./timeline.ts";

/** A busy machine is slow, and no desk that hangs. */
const SETTINGS = { ...CHAOS_SETTINGS, fireMs: 3000, deliverMs: 15_000 };

export async function settle(scene: Scene): Promise<void> {
  const { database, provider, checks, plans, history } = scene;
  provider.calm();
  const store = await openStore(database.address);
  const patience = watchRelay(watchedRows(store, "the end", (id, what) => noteRow(scene, id, what)));
  await using handoffs = await openHandoffs({
    store: patience.store,
    provider: httpProvider(provider.url),
    settings: SETTINGS,
  });
  await rest(scene, patience, handoffs);
  // No more at once than a platform would send one process: a store that says no to a crowd breaks no promise.
  const asking = plans.values();
  const ask = async (): Promise<void> => {
    for (const plan of asking)
      await insistently(patience, () => perform(handoffs, plan, witnessOf(scene))).catch((error) =>
        checks.unanswered(plan, error),
      );
  };
  await Promise.all(Array.from({ length: 32 }, ask));
  await rest(scene, patience, handoffs);
  const rows = rowsOf(await everything(store));
  checks.look(rows);
  checks.finish(rows, provider.dials, provider.deliveries);
  history.push({ saw: "store", rows: await readStore(database.address) });
}

/** Executions that no process came to run now: they are reported here. */
function witnessOf({ checks, history }: Scene): Witness {
  return {
    ran(of) {
      checks.ran(of);
      history.push({ saw: "run", executionId: of.executionId });
    },
    acknowledged: (...told) => checks.acknowledged(...told),
    answered({ tenant, conversationId, environment, channel, executionId }: Plan, { intentId, epoch, kind, verdict }) {
      const of = { tenant, conversationId, environment, channel, executionId };
      history.push({ saw: "answer", ...of, intentId, epoch, kind, verdict });
    },
    settled(of, outcome, replay) {
      checks.settled(of, outcome, replay);
      history.push(outcomeEntry(of, outcome, replay));
    },
  };
}

/** An execution is asked for so often where the store was well meanwhile. */
const TRIES = 6;
/** Which it is where it answered so many other questions. */
const WELL = 100;
/** And so often where it was not. */
const TRIES_AT_MOST = 60;

/** As a platform would: an id makes it safe to ask again. */
async function insistently(patience: Patience, ask: () => Promise<unknown>): Promise<void> {
  let counted = 0;
  for (let tries = 1; ; tries += 1) {
    const before = patience.answers();
    try {
      await ask();
      return;
    } catch (error) {
      if (patience.answers() >= before + WELL) counted += 1;
      const final = (error as { readonly retry?: unknown }).retry === "never";
      if (final || counted >= TRIES || tries >= TRIES_AT_MOST)
        throw new Error(`${String(error)} (asked ${tries} times, ${counted} of them while the store was well)`, {
          cause: error,
        });
      await sleep(1000);
    }
  }
}

async function rest(scene: Scene, patience: Patience, { outbox }: DurableHandoffs): Promise<void> {
  for (;;) {
    const open = await openRows(patience.store);
    if (open.length === 0) return;
    const over = patience.verdict(open);
    if (over !== null) return void scene.checks.tally.violations.push(`the end is not waited for any longer: ${over}`);
    await Promise.all(open.filter(isPut).map(({ intentId }) => outbox.retry(intentId).catch(() => {})));
    await sleep(50);
  }
}

/** No row has to wait for a pause that failures of the past have earned. */
function isPut({ outbox: { task, nextAt } }: Entry): boolean {
  return task === "deliver" && nextAt > Date.now() + 200;
}
