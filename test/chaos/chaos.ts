/** Rounds of hosts that are killed at marked steps, until enough have died; then the dust settles and every promise is looked over. */
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openHandoffs, type DurableHandoffs, type Provider } from "../../delivery/index.ts";
import type { Entry } from "../../delivery/rows.ts";
import { openStore } from "../../delivery/open-store.ts";
import { createMemoryRows, type MemoryRows } from "../../delivery/memory-rows.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import { createChance, type Chance } from "../simulation/chance.ts";
import { createChecks } from "../simulation/checks.ts";
import { perform, type Witness } from "../simulation/run.ts";
import { openDatabase, type ChaosControl } from "./database.ts";
import { fakeClock, faultsThere, fillUp, type Fault } from "./faults.ts";
import { check } from "./history/check.ts";
import type { Entry as Saw } from "./history/history.ts";
import { readStore } from "./history/read-store.ts";
import { runProcess, type Conversations, type Role } from "./processes.ts";
import { httpProvider, startProvider } from "./provider.ts";
import { outcomeEntry, type Scene } from "./scene.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

export interface ChaosReport {
  readonly kills: number;
  readonly lost: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly unknown: number;
  readonly seed: number;
  /** How often each fault was made. */
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** Faults that this machine cannot make, with the reason. */
  readonly leftOut: readonly string[];
  /** What the checker of histories names. */
  readonly named: readonly string[];
  readonly violations: readonly string[];
}

export interface Chaos {
  readonly kills: number;
  readonly store: "sqlite" | "postgres";
  readonly seed: number;
  readonly control?: ChaosControl | null;
  readonly faults?: readonly Fault[];
  /** Called with the whole history once it is checked. */
  readonly keep?: (history: readonly Saw[]) => void;
}

export async function chaos({
  kills,
  store,
  seed,
  control = null,
  faults: wanted = [],
  keep,
}: Chaos): Promise<ChaosReport> {
  const chance = createChance(seed);
  const { faults, leftOut } = faultsThere(store, wanted);
  const database = await openDatabase(store, { control, faults });
  const history: Saw[] = [];
  const provider = await startProvider(chance, (saw, intentId) => void history.push({ saw, intentId }));
  const checks = createChecks();
  const clocks = faults.includes("clock") ? ["own", "other"].map((name) => fakeClock(database.scratch, name)) : [];
  const scene: Scene = {
    database, provider, checks, chance, control, faults, history, clocks,
    plans: new Map(), made: new Map(), level: 2, restarts: [],
  }; // prettier-ignore
  let killed = 0;
  try {
    for (let round = 0; round < kills * 3; round += 1) {
      killed += await runRound(scene);
      const twice = [...provider.dials.values()].some((times) => times > 1);
      if (checks.tally.violations.length > 0 || twice) break;
      // Under this control a host has to meet what another left unknown: that may take a round more.
      if (killed >= kills && control !== "retry-unknown-dial") break;
    }
    await settle(scene);
  } catch (error) {
    checks.tally.violations.push(`the run itself failed: ${String(error)}`);
  } finally {
    await provider.close();
    await database.end();
  }
  const named = check(history).map(({ name, of }) => `${name}: ${of}`);
  keep?.(history);
  const { lost, doubled, leaked, unknown } = checks.tally;
  const violations = [...checks.tally.violations, ...named.slice(0, 20)];
  return {
    kills: killed, lost, doubled, leaked, unknown, seed,
    faults: Object.fromEntries(scene.made), leftOut, named, violations,
  }; // prettier-ignore
}

/** Two hosts at once on the same conversations, and at times a process that only delivers; gives how many died of it. */
async function runRound(scene: Scene): Promise<number> {
  const { database, chance, faults } = scene;
  const conversations = Array.from({ length: 3 }, () => newConversation(chance));
  const fault = faults.length > 0 && chance.of(0.75) ? chance.pick(faults) : null;
  if (fault !== null && fault !== "torn") scene.made.set(fault, (scene.made.get(fault) ?? 0) + 1);
  database.begin();
  const roles: readonly Role[] = chance.of(0.3) ? ["host", "host", "relay"] : ["host", "host"];
  const hosts = roles.map((role, place) => runProcess(scene, { role, conversations, fault, place }));
  const around = makeAround(scene, fault);
  let killed = 0;
  if (database.cutsUnderLoad && fault !== "sync" && chance.of(scene.control === "relaxed-sync" ? 1 : 0.15)) {
    await sleep(350 + chance.below(450));
    killed += await database.cutPower(scene.level);
  }
  for (const died of await Promise.all(hosts)) killed += died ? 1 : 0;
  await around;
  for (const cut of await Promise.all(scene.restarts.splice(0))) killed += cut;
  if (!database.cutsUnderLoad && chance.of(0.5)) killed += await database.cutPower(scene.level);
  // A server that could not sync has gone down, or is on its way.
  if (database.cutsUnderLoad && fault === "sync") killed += await database.cutPower(scene.level);
  if ((fault === "torn" || scene.control === "flipped-log") && database.tear(chance))
    scene.made.set("torn", (scene.made.get("torn") ?? 0) + 1);
  await lookOver(scene, conversations);
  return killed;
}

/** What happens to the world while the processes of a round run. */
async function makeAround({ database, chance, clocks }: Scene, fault: Fault | null): Promise<void> {
  if (fault === "clock") await Promise.all(clocks.map((clock) => clock.run(chance)));
  if (fault === "full" && database.small !== null) await fillUp(database.small, chance);
  if (fault === "sync" && database.sync !== null) {
    const { flag } = database.sync;
    await sleep(200 + chance.below(400));
    writeFileSync(flag, "");
    await sleep(100 + chance.below(400));
    rmSync(flag, { force: true });
  }
}

async function lookOver(scene: Scene, conversations: Conversations): Promise<void> {
  const { database, checks, history } = scene;
  const store = await openStore(database.address);
  try {
    const rows = rowsOf(await everything(store));
    checks.look(rows);
    const said = await readStore(database.address);
    for (const of of conversations) {
      // What an acknowledged hand-off forbids, asked of the ledger as a bot would ask.
      const may = !(await store.run("standing", of)).handedOff;
      checks.replied(of, may, rows);
      const own = said.filter((row) => row.tenant === of.tenant && row.conversationId === of.conversationId);
      history.push({ saw: "may_reply", may, rows: own, ...of });
    }
  } finally {
    await store.close();
  }
}

function newConversation(chance: Chance): { tenant: string; conversationId: string } {
  const channel = chance.of(0.6) ? "phone" : "chat";
  return { tenant: chance.pick(["acme", "globex"]), conversationId: `${channel}-${chance.below(40)}` };
}

const EVERYTHING = { status: null, tenant: null, conversationId: null, since: null, before: null };

async function everything(store: Store): Promise<readonly Entry[]> {
  return store.run("list", { filter: EVERYTHING, after: null, limit: 1_000_000 });
}

function rowsOf(entries: readonly Entry[]): MemoryRows {
  const rows = createMemoryRows();
  for (const { outbox, ...handoff } of entries) {
    rows.handoffs.set(handoff.intentId, handoff);
    rows.outbox.set(handoff.intentId, outbox);
    const key = JSON.stringify([handoff.tenant, handoff.conversationId]);
    const newest = rows.handoffs.get(rows.newest.get(key) ?? "");
    if (newest === undefined || newest.epoch < handoff.epoch) rows.newest.set(key, handoff.intentId);
  }
  return rows;
}

/** No more kills: what is open comes to rest, and every execution is asked for once more. */
async function settle({ database, provider, checks, plans, history }: Scene): Promise<void> {
  provider.calm();
  const store = await openStore(database.address);
  const client: Provider = httpProvider(provider.url);
  await using handoffs = await openHandoffs({ store, provider: client, settings: { ...CHAOS_SETTINGS, fireMs: 3000 } });
  await rest(store, handoffs);
  // No more at once than a platform would send one process: a store that says no to a crowd breaks no promise.
  const asking = plans.values();
  const ask = async (): Promise<void> => {
    for (const plan of asking) {
      // Those that no process came to run now: they are reported here.
      const witness: Witness = {
        ran(of) {
          checks.ran(of);
          history.push({ saw: "run", executionId: of.executionId });
        },
        acknowledged: (...told) => checks.acknowledged(...told),
        answered({ tenant, conversationId, environment, channel, executionId }, { intentId, epoch, kind, verdict }) {
          const of = { tenant, conversationId, environment, channel, executionId };
          history.push({ saw: "answer", ...of, intentId, epoch, kind, verdict });
        },
        settled(of, outcome, replay) {
          checks.settled(of, outcome, replay);
          history.push(outcomeEntry(of, outcome, replay));
        },
      };
      await insistently(() => perform(handoffs, plan, witness)).catch((error) => checks.unanswered(plan, error));
    }
  };
  await Promise.all(Array.from({ length: 32 }, ask));
  const entries = await rest(store, handoffs);
  checks.look(rowsOf(entries));
  checks.finish(rowsOf(entries), provider.dials, provider.deliveries);
  history.push({ saw: "store", rows: await readStore(database.address) });
}

/** As a platform would: a machine that is busy may take longer than a store is waited for, and the id makes it safe to ask again. */
async function insistently(ask: () => Promise<unknown>): Promise<void> {
  for (let again = 4; ; again -= 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (again === 0 || (error as { readonly retry?: unknown }).retry === "never") throw error;
      await sleep(2000);
    }
  }
}

/** Longer than the pauses of a desk that only ran into its deadline, which on a busy machine may be one that works. */
const REST_MS = 150_000;

async function rest(store: Store, { outbox }: DurableHandoffs): Promise<readonly Entry[]> {
  const deadline = Date.now() + REST_MS;
  for (;;) {
    const entries = await everything(store);
    const open = entries.filter(({ outbox }) => outbox.status === "waiting" || outbox.status === "sending");
    if (open.length === 0 || Date.now() > deadline) return entries;
    // No row has to wait for a pause that failures of the past have earned.
    for (const { intentId, outbox: row } of open) {
      if (row.task === "deliver" && row.nextAt > Date.now() + 200) await outbox.retry(intentId).catch(() => {});
    }
    await sleep(50);
  }
}
