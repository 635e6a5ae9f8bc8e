/** A few processes, one store, one provider, some conversations, and everything that can go wrong between them. */
import { openHandoffs, type DurableHandoffs } from "../../delivery/index.ts";
import { createChance, type Chance } from "./chance.ts";
import { createChecks, type Checks } from "./checks.ts";
import type { Control } from "./controls.ts";
import { createSimulatedProvider, type SimulatedProvider } from "./provider.ts";
import { perform, type Plan } from "./run.ts";
import { createScheduler, type Life, type Scheduler } from "./scheduler.ts";
import { createSimulatedStore, type SimulatedStore } from "./store.ts";

export interface World {
  readonly scheduler: Scheduler;
  readonly checks: Checks;
  readonly store: SimulatedStore;
  readonly provider: SimulatedProvider;
  /** Something happens to the world: a run, a retry, a crash, a hand-back, a question of the bot. */
  stir(): void;
  act(event: WorldEvent): void;
  /** Nothing goes wrong any more: everything settles, and is looked over. Gives false where it does not settle. */
  settle(): Promise<boolean>;
}

export type WorldEvent = "run" | "retry" | "crash" | "hand back" | "ask" | "power cut";

interface Process {
  life: Life;
  handoffs: DurableHandoffs | null;
}

const EVENTS: readonly (readonly [WorldEvent, number])[] = [
  ["run", 0.5],
  ["retry", 0.17],
  ["ask", 0.12],
  ["hand back", 0.14],
  ["crash", 0.05],
  ["power cut", 0.02],
];

export function createWorld(seed: number, control: Control | null, processes = 3): World {
  const chance = createChance(seed);
  const scheduler = createScheduler(chance);
  const store = createSimulatedStore(scheduler, chance, control);
  const provider = createSimulatedProvider(scheduler, chance, control !== "retry-unknown-dial" && chance.of(0.7));
  const checks = createChecks();
  const plans: Plan[] = [];
  let ids = 0;
  const newId = (): string => `id${(ids += 1)}`;

  const all: Process[] = Array.from({ length: processes }, () => ({ life: { alive: false }, handoffs: null }));
  async function boot(process: Process): Promise<void> {
    const life = { alive: true };
    process.life = life;
    process.handoffs = null;
    const handoffs = await openHandoffs({
      store: store.connect(life),
      provider: provider.connect(life),
      // Up to an hour off, to either side.
      clock: scheduler.clock(life, chance.below(7_200_000) - 3_600_000),
      random: chance.next,
      newId,
      settings: { maxAttempts: 8 },
    });
    if (life.alive) process.handoffs = handoffs;
  }
  for (const process of all) void boot(process);

  function crash(process: Process): void {
    process.life.alive = false;
    process.handoffs = null;
    scheduler.after(10 + chance.below(3000), { alive: true }, () => void boot(process));
  }

  function perchance(): DurableHandoffs | null {
    const alive = all.filter(({ handoffs }) => handoffs !== null);
    return alive.length === 0 ? null : chance.pick(alive).handoffs;
  }

  function start(plan: Plan): void {
    // A fault of the host is an answer, too: the platform tries again, or does not.
    const handoffs = perchance();
    if (handoffs) perform(handoffs, plan, checks).catch(() => {});
  }

  function newPlan(): Plan {
    const channel = chance.of(0.6) ? "phone" : "chat";
    const environment = chance.of(0.9) ? "production" : chance.of(0.5) ? "test" : "mock";
    const id = newId();
    return {
      tenant: chance.pick(["acme", "globex"]),
      executionId: `${environment}-${id}`,
      conversationId: `${channel}-${chance.below(6)}`,
      environment,
      channel,
      calls: Array.from({ length: 1 + chance.below(3) }, () => (chance.of(0.7) ? "+15551234567" : null)),
      secret: `secret-${id}`,
    };
  }

  function someConversation(): { tenant: string; conversationId: string } {
    const { tenant, conversationId } = plans.length > 0 ? chance.pick(plans) : newPlan();
    return { tenant, conversationId };
  }

  function act(event: WorldEvent): void {
    switch (event) {
      case "run": {
        const plan = newPlan();
        plans.push(plan);
        start(plan);
        return;
      }
      case "retry":
        if (plans.length > 0) start(chance.pick(plans.slice(-12)));
        return;
      case "hand back":
        perchance()
          ?.handBack(someConversation())
          .catch(() => {});
        return;
      case "ask":
        ask();
        return;
      case "crash":
        crash(chance.pick(all));
        return;
      case "power cut":
        store.cutPower();
    }
  }

  function ask(): void {
    const of = someConversation();
    const { rows } = store.disk;
    const held = (): string | undefined => {
      const row = rows.handoffs.get(rows.newest.get(JSON.stringify([of.tenant, of.conversationId])) ?? "");
      return row?.handedBackAt === null ? row.intentId : undefined;
    };
    // Only a hand-off that stood before the question and still stands can forbid it.
    const before = held();
    perchance()
      ?.canReply(of)
      .then((may) => {
        if (before !== undefined && before === held()) checks.replied(of, may, rows);
      })
      .catch(() => {});
  }

  return {
    scheduler,
    checks,
    store,
    provider,
    act,
    stir() {
      let left = chance.next();
      const event = EVENTS.find(([, weight]) => (left -= weight) < 0)?.[0] ?? "run";
      act(event);
    },
    settle: () => settle({ scheduler, store, provider, checks, chance, control, perchance, plans }),
  };
}

interface Settling {
  readonly scheduler: Scheduler;
  readonly store: SimulatedStore;
  readonly provider: SimulatedProvider;
  readonly checks: Checks;
  readonly chance: Chance;
  readonly control: Control | null;
  readonly perchance: () => DurableHandoffs | null;
  readonly plans: readonly Plan[];
}

async function settle(world: Settling): Promise<boolean> {
  const { store, provider, checks } = world;
  store.calm();
  provider.calm();
  const { rows } = store.disk;
  await rest(world);
  await askAgain(world);
  await rest(world);
  checks.look(rows);
  checks.finish(rows, provider.dials, provider.deliveries);
  return rows.open.size === 0;
}

async function rest({ scheduler, store, control, perchance }: Settling): Promise<void> {
  const { rows } = store.disk;
  for (let round = 0; round < 20_000 && rows.open.size > 0; round += 1) {
    await scheduler.step();
    // The control: what must not be retried is retried here.
    if (control !== "retry-unknown-dial" || round % 50 > 0) continue;
    for (const id of rows.open) {
      if (rows.outbox.get(id)?.task === "dial")
        perchance()
          ?.fire(id, new AbortController().signal)
          .catch(() => {});
    }
  }
  // What was under way when the last row settled.
  for (let round = 0; round < 300; round += 1) await scheduler.step();
}

/** Every execution is asked for once more: each has an outcome by now, and none runs again. */
async function askAgain({ scheduler, checks, plans, perchance }: Settling): Promise<void> {
  const open = new Set<Plan>();
  for (const plan of plans) {
    let handoffs = perchance();
    while (handoffs === null) {
      await scheduler.step();
      handoffs = perchance();
    }
    open.add(plan);
    perform(handoffs, plan, checks)
      .catch((error: unknown) => checks.unanswered(plan, error))
      .finally(() => open.delete(plan));
  }
  for (let round = 0; round < 50_000 && open.size > 0; round += 1) await scheduler.step();
  if (open.size > 0) checks.tally.violations.push(`${open.size} executions never got an outcome`);
}
