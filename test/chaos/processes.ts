/** The processes of a round: what each has to do, under which fault it is started, and how it ends. */
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../simulation/run.ts";
import { PLAIN, type Fault, type Launch } from "./faults.ts";
import { MARKS, RELAY_MARKS, type KillOrder } from "./marks.ts";
import { hear, type Line, type Scene } from "./scene.ts";
import { CHAOS_SETTINGS } from "./settings.ts";

export type Role = "host" | "relay";
export type Conversations = readonly { readonly tenant: string; readonly conversationId: string }[];

/** Longer than any lease. */
const FROZEN_MS = 2 * (CHAOS_SETTINGS.executionLeaseMs ?? 0);
const OVERDUE_MS = 8000;

function newPlan(scene: Scene, of: { tenant: string; conversationId: string }): Plan {
  const { chance, plans } = scene;
  const environment = chance.of(0.9) ? "production" : chance.of(0.5) ? "test" : "mock";
  const plan: Plan = {
    ...of,
    executionId: `${environment}-${plans.size}`,
    environment,
    channel: of.conversationId.startsWith("phone") ? "phone" : "chat",
    calls: Array.from({ length: 1 + chance.below(2) }, () => (chance.of(0.7) ? "+15551234567" : null)),
    secret: `secret-${plans.size}-`,
  };
  plans.set(plan.executionId, plan);
  return plan;
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

/** How the process in that place of a round is started under its fault. */
function launchOf({ database, clocks, chance }: Scene, fault: Fault | null, place: number): Launch {
  if (fault === "clock") {
    // SQLite is used by one machine, PostgreSQL by several.
    return (database.pid() === null ? clocks[0] : clocks[place % clocks.length])?.launch ?? PLAIN;
  }
  if (fault === "limit" && place === 0) {
    const path = database.address.slice("sqlite:".length);
    const bytes = Math.max(statSync(path).size, 100_000) + chance.below(100_000);
    return { prefix: ["prlimit", `--fsize=${bytes}`], env: {} };
  }
  if (fault === "sync" && database.pid() === null) {
    const { flag: _flag, ...env } = database.sync ?? { flag: "" };
    return { prefix: [], env };
  }
  return PLAIN;
}

export interface Started {
  readonly role: Role;
  readonly conversations: Conversations;
  readonly fault: Fault | null;
  readonly place: number;
}

/** True: it was killed. */
export function runProcess(scene: Scene, { role, conversations, fault, place }: Started): Promise<boolean> {
  const { chance, database, provider, control } = scene;
  const freezes = fault === "freeze" && place === 0;
  const kill: KillOrder = {
    mark: chance.pick(role === "relay" ? RELAY_MARKS : MARKS),
    passage: 1 + chance.below(4),
    database: !freezes && chance.of(0.25) ? database.pid() : null,
    freezes,
  };
  const previous = fault === "previous" && place === 0;
  const store = fault === "pooler" && place !== 1 ? (database.pooled ?? database.address) : database.address;
  const work = { store, provider: provider.url, ...newWork(scene, role, conversations), kill, control, previous };
  const { prefix, env } = launchOf(scene, fault, place);
  const { hooks, host } = { hooks: new URL("hooks.ts", import.meta.url), host: new URL("host.ts", import.meta.url) };
  const [command, ...args] = [...prefix, process.execPath, "--no-warnings", "--import", hooks.href, host.pathname];
  const child = spawn(command!, args, {
    env: {
      PATH: process.env["PATH"],
      CHAOS_RUN: process.env["CHAOS_RUN"] ?? "",
      CHAOS_WORK: JSON.stringify(work),
      CHAOS_KILL: JSON.stringify(kill),
      CHAOS_CONTROL: control ?? "",
      // The sources are TypeScript: compiled anew they would take most of a process's life.
      NODE_COMPILE_CACHE: join(database.scratch, "compiled"),
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (text) => {
    const line = JSON.parse(text) as Line;
    if (line.type === "frozen") void sleep(FROZEN_MS).then(() => child.kill("SIGCONT"));
    hear(scene, line);
  });
  // A mark that is never passed kills no process: then the host is killed where it stands.
  const overdue = setTimeout(() => child.kill("SIGKILL"), OVERDUE_MS + (freezes ? 2 * FROZEN_MS : 0));
  return new Promise((resolve) => {
    child.once("close", (_code, signal) => {
      clearTimeout(overdue);
      resolve(signal === "SIGKILL");
    });
  });
}
