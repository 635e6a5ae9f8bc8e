/** Rounds of hosts that are killed at marked steps, until enough have died; then the dust settles and every promise is looked over. */
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../../delivery/open-store.ts";
import { createChance, type Chance } from "../simulation/chance.ts";
import { createChecks } from "../simulation/checks.ts";
import { openDatabase, type ChaosControl } from "./database.ts";
import { fakeClock, faultsThere, fillUp, type Fault } from "./faults.ts";
import { check } from "./history/check.ts";
import type { Entry as Saw } from "./history/history.ts";
import { readStore } from "./history/read-store.ts";
import { runProcess, type Conversations, type Role } from "./processes.ts";
import { startProvider } from "./provider.ts";
import { everything, rowsOf } from "./rows.ts";
import type { Scene } from "./scene.ts";
import { settle } from "./settle.ts";

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
  /** What the processes said of the rows that the violations name, in the order in which it was heard. */
  readonly timelines: Readonly<Record<string, readonly string[]>>;
}

export interface Chaos {
  readonly kills: number;
  readonly store: "sqlite" | "postgres";
  readonly seed: number;
  readonly control?: ChaosControl | null;
  readonly faults?: readonly Fault[];
  /** Aborted, no round begins any more: what was done is settled and judged. */
  readonly stop?: AbortSignal;
  /** Called after each round with the kills until then. */
  readonly progress?: (kills: number) => void;
  /** Called with the whole history once it is checked. */
  readonly keep?: (history: readonly Saw[]) => void;
}

export async function chaos({
  kills,
  store,
  seed,
  control = null,
  faults: wanted = [],
  stop,
  progress,
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
    plans: new Map(), made: new Map(), level: 2, restarts: [], timelines: new Map(),
  }; // prettier-ignore
  let killed = 0;
  try {
    for (let round = 0; round < kills * 3; round += 1) {
      if (stop?.aborted === true) break;
      killed += await runRound(scene);
      progress?.(killed);
      const twice = [...provider.dials.values()].some((times) => times > 1);
      if (checks.tally.violations.length > 0 || twice) break;
      // Under this control a host has to meet what another left unknown: that may take a round more.
      if (killed >= kills && control !== "retry-unknown-dial") break;
    }
    await settle(scene);
  } catch (error) {
    const detail = Error.isError(error) ? (error.stack ?? error.message) : String(error);
    checks.tally.violations.push(`the run itself failed: ${detail}`);
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
    faults: Object.fromEntries(scene.made), leftOut, named, violations, timelines: timelinesOf(scene, violations),
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

/** Five rows are enough to see of what kind it is. */
function timelinesOf({ timelines }: Scene, violations: readonly string[]): Record<string, readonly string[]> {
  const all = violations.join("\n");
  return Object.fromEntries([...timelines].filter(([id]) => all.includes(id)).slice(0, 5));
}
