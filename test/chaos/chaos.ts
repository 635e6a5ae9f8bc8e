/** Rounds of hosts that are killed at marked steps, until enough have died; then the dust settles and every promise is looked over. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { openHandoffs, type DurableHandoffs, type Provider } from "../../delivery/index.ts";
import type { Entry } from "../../delivery/rows.ts";
import { openStore } from "../../delivery/open-store.ts";
import { createMemoryRows, type MemoryRows } from "../../delivery/memory-rows.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import type { EffectiveHandoff } from "../../host-api/index.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import { createChance, type Chance } from "../simulation/chance.ts";
import { createChecks, type Checks } from "../simulation/checks.ts";
import { perform, type Plan } from "../simulation/run.ts";
import { openDatabase, type ChaosControl, type Database } from "./database.ts";
import { MARKS, RELAY_MARKS, type KillOrder } from "./marks.ts";
import { httpProvider, startProvider, type ProviderServer } from "./provider.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

export interface ChaosReport {
  readonly kills: number;
  readonly lost: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly unknown: number;
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface Chaos {
  readonly kills: number;
  readonly store: "sqlite" | "postgres";
  readonly seed: number;
  readonly control?: ChaosControl | null;
}

type Line =
  | { readonly type: "ran"; readonly executionId: string }
  | ({ readonly type: "acknowledged"; readonly executionId: string; readonly epoch: number } & EffectiveHandoff)
  | { readonly type: "settled"; readonly executionId: string; readonly outcome: Outcome; readonly replay: boolean }
  | { readonly type: "sync"; readonly level: number }
  | { readonly type: "database killed" | "fault" | "done" };

interface Scene {
  readonly database: Database;
  readonly provider: ProviderServer;
  readonly checks: Checks;
  readonly chance: Chance;
  readonly control: ChaosControl | null;
  readonly plans: Map<string, Plan>;
  /** The weakest sync that a host said its connection has. */
  level: number;
  /** Databases that a host killed, on their way up again. */
  readonly restarts: Promise<number>[];
}

export async function chaos({ kills, store, seed, control = null }: Chaos): Promise<ChaosReport> {
  const chance = createChance(seed);
  const database = await openDatabase(store, control);
  const provider = await startProvider(chance);
  const checks = createChecks();
  const scene: Scene = { database, provider, checks, chance, control, plans: new Map(), level: 2, restarts: [] };
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
  } finally {
    await provider.close();
    await database.end();
  }
  const { lost, doubled, leaked, unknown, violations } = checks.tally;
  return { kills: killed, lost, doubled, leaked, unknown, seed, violations };
}

/** Two hosts at once on the same conversations, and at times a process that only delivers; gives how many died of it. */
async function runRound(scene: Scene): Promise<number> {
  const { database, chance } = scene;
  const conversations = Array.from({ length: 3 }, () => newConversation(chance));
  database.begin();
  const roles: readonly Role[] = chance.of(0.3) ? ["host", "host", "relay"] : ["host", "host"];
  const hosts = roles.map((role) => runProcess(scene, role, conversations));
  let killed = 0;
  if (database.cutsUnderLoad && chance.of(scene.control === "relaxed-sync" ? 1 : 0.15)) {
    await sleep(350 + chance.below(450));
    killed += await database.cutPower(scene.level);
  }
  for (const died of await Promise.all(hosts)) killed += died ? 1 : 0;
  for (const cut of await Promise.all(scene.restarts.splice(0))) killed += cut;
  if (!database.cutsUnderLoad && chance.of(0.5)) killed += await database.cutPower(scene.level);
  const store = await openStore(database.address);
  try {
    const rows = rowsOf(await everything(store));
    scene.checks.look(rows);
    await askWhoMayReply(scene, store, conversations, rows);
  } finally {
    await store.close();
  }
  return killed;
}

function newConversation(chance: Chance): { tenant: string; conversationId: string } {
  const channel = chance.of(0.6) ? "phone" : "chat";
  return { tenant: chance.pick(["acme", "globex"]), conversationId: `${channel}-${chance.below(40)}` };
}

function newPlan(scene: Scene, of: { tenant: string; conversationId: string }): Plan {
  const { chance, plans } = scene;
  const environment = chance.of(0.9) ? "production" : chance.of(0.5) ? "test" : "mock";
  const plan: Plan = {
    ...of,
    executionId: `${environment}-${plans.size}`,
    environment,
    channel: of.conversationId.startsWith("phone") ? "phone" : "chat",
    calls: Array.from({ length: 1 + chance.below(2) }, () => (chance.of(0.7) ? "+15551234567" : null)),
    secret: `secret-${plans.size}`,
  };
  plans.set(plan.executionId, plan);
  return plan;
}

type Role = "host" | "relay";
type Conversations = readonly { readonly tenant: string; readonly conversationId: string }[];

/** What an acknowledged hand-off forbids, asked of the ledger as a bot would ask. */
async function askWhoMayReply(
  { checks }: Scene,
  store: Store,
  conversations: Conversations,
  rows: MemoryRows,
): Promise<void> {
  for (const of of conversations) {
    checks.replied(of, !(await store.run("standing", of)).handedOff, rows);
  }
}

function newWork(scene: Scene, role: Role, conversations: Conversations) {
  const { chance, plans } = scene;
  if (role === "relay") return { plans: [], handBacks: [] };
  const before = [...plans.values()].slice(-30);
  const fresh = Array.from({ length: 8 }, () => newPlan(scene, chance.pick(conversations)));
  const again = Array.from({ length: before.length > 0 ? 3 : 0 }, () => chance.pick(before));
  return {
    plans: [...fresh.slice(0, 5), ...again, ...fresh.slice(5)],
    handBacks: [chance.pick(conversations), chance.pick(conversations)],
  };
}

/** True: it was killed. */
function runProcess(scene: Scene, role: Role, conversations: Conversations): Promise<boolean> {
  const { chance, database, provider, control } = scene;
  const kill: KillOrder = {
    mark: chance.pick(role === "relay" ? RELAY_MARKS : MARKS),
    passage: 1 + chance.below(4),
    database: chance.of(0.25) ? database.pid() : null,
  };
  const work = {
    store: database.address,
    provider: provider.url,
    ...newWork(scene, role, conversations),
    kill,
    control,
  };
  const { hooks, host } = { hooks: new URL("hooks.ts", import.meta.url), host: new URL("host.ts", import.meta.url) };
  const child = spawn(process.execPath, ["--no-warnings", "--import", hooks.href, host.pathname], {
    env: {
      PATH: process.env["PATH"],
      CHAOS_WORK: JSON.stringify(work),
      CHAOS_KILL: JSON.stringify(kill),
      CHAOS_CONTROL: control ?? "",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => hear(scene, JSON.parse(line) as Line));
  // A mark that is never passed kills nobody: then the host is killed where it stands.
  const overdue = setTimeout(() => child.kill("SIGKILL"), 8000);
  return new Promise((resolve) => {
    child.once("close", (_code, signal) => {
      clearTimeout(overdue);
      resolve(signal === "SIGKILL");
    });
  });
}

function hear(scene: Scene, line: Line): void {
  const { checks, plans } = scene;
  const plan = "executionId" in line ? plans.get(line.executionId) : undefined;
  if (line.type === "sync") scene.level = Math.min(scene.level, line.level);
  if (line.type === "database killed") scene.restarts.push(scene.database.cutPower(scene.level));
  if (plan === undefined) return;
  switch (line.type) {
    case "ran":
      checks.ran(plan);
      break;
    case "acknowledged":
      checks.acknowledged(plan, line, line.epoch);
      break;
    case "settled":
      checks.settled(plan, line.outcome, line.replay);
      break;
    case "sync":
    case "database killed":
    case "fault":
    case "done":
      break;
  }
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
async function settle({ database, provider, checks, plans }: Scene): Promise<void> {
  provider.calm();
  const store = await openStore(database.address);
  const client: Provider = httpProvider(provider.url);
  await using handoffs = await openHandoffs({ store, provider: client, settings: { ...CHAOS_SETTINGS, fireMs: 3000 } });
  await rest(store, handoffs);
  // No more at once than a platform would send one process: a store that says no to a crowd breaks no promise.
  const asking = plans.values();
  const ask = async (): Promise<void> => {
    for (const plan of asking) await perform(handoffs, plan, checks).catch((error) => checks.unanswered(plan, error));
  };
  await Promise.all(Array.from({ length: 32 }, ask));
  const entries = await rest(store, handoffs);
  checks.look(rowsOf(entries));
  checks.finish(rowsOf(entries), provider.dials, provider.deliveries);
}

async function rest(store: Store, { outbox }: DurableHandoffs): Promise<readonly Entry[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const entries = await everything(store);
    const open = entries.filter(({ outbox }) => outbox.status === "waiting" || outbox.status === "sending");
    if (open.length === 0 || Date.now() > deadline) return entries;
    // Nobody has to wait for a pause that failures of the past have earned.
    for (const { intentId, outbox: row } of open) {
      if (row.task === "deliver" && row.nextAt > Date.now() + 200) await outbox.retry(intentId).catch(() => {});
    }
    await sleep(50);
  }
}
