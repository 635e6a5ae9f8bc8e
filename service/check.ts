/**
 * The check before serving: what `baton serve --check` tries, without leaving a trace: the settings, the packages, the store and how far its tables are,
 * whether the secrets in it open, the walls, and what is loaded only where it is asked for. Nothing is made, migrated or printed once.
 */
import { join } from "node:path";
import { z } from "zod";
import { flag, readOptions, text } from "../base/options.ts";
import { HostFault } from "../base/fault.ts";
import { createRuntime } from "../runtime/index.ts";
import { storageStates, type MigrationState } from "../storage/index.ts";
import { missingWalls } from "./health.ts";
import { readPackages } from "./packages.ts";
import { present } from "./present.ts";
import type { Settings } from "./settings.ts";
import { openServiceStore, SERVICE_SCHEMAS } from "./store/store.ts";
import { startSdk } from "./telemetry.ts";
import { keyInFolder, keyIsInFolder, openVault } from "./vault.ts";
import { openSamples } from "./vault-check.ts";

export interface Checked {
  readonly ok: boolean;
  readonly store: {
    readonly kind: "sqlite" | "postgres";
    /** `ready`, `empty` (its tables are made at the start), `behind` (a start migrates it, or refuses with `migrate: never`). */
    readonly state: "ready" | "empty" | "behind";
    readonly schemas: readonly MigrationState[];
  };
  readonly secretsKey: "given" | "in the folder" | "made at the start";
  readonly packages: Readonly<Record<string, string>>;
  readonly walls: { readonly standing: readonly string[]; readonly missing: readonly string[] };
  /** What keeps a node from serving, in words. */
  readonly problems: readonly string[];
}

const DATA_FILE = "baton.db";

/** Settings that `readConfig` gave: these it always has. */
const read = z.looseObject({
  data: text("the folder of the service's data"),
  packages: z.unknown().optional(),
  telemetry: flag(),
});

/** Throws a HostFault for what ends a start. */
export async function checkService(settings: Settings): Promise<Checked> {
  readOptions(read, settings, "checkService", { page: "docs/service.md" });
  const packages = readPackages(settings.packages);
  const url = storeUrlOf(settings);
  const { secretsKey } = settings;
  const given = secretsKey !== undefined;
  const inFolder = !given && keyIsInFolder(settings.data);
  const vault = given ? openVault(secretsKey) : inFolder ? openVault(keyInFolder(settings.data)) : null;
  if (settings.telemetry) await (await startSdk())();
  const schemas = url === "memory:" ? [] : await storageStates(url, SERVICE_SCHEMAS);
  const state = schemas.every(({ version }) => version === 0)
    ? "empty"
    : schemas.some(({ version, newest }) => version < newest)
      ? "behind"
      : "ready";
  if (state === "ready") {
    const store = await openServiceStore(url, "never");
    try {
      await openSamples(store, vault);
    } finally {
      await store.close();
    }
  }
  const walls = await wallsOf(settings, packages);
  const missing = missingWalls(settings.requireWalls, walls);
  const problems = [
    ...(state !== "ready" && settings.migrate === "never" && url !== "memory:"
      ? ["The store is behind and may not be migrated: run baton migrate --service."]
      : []),
    ...(missing.length > 0 ? [`These walls are required and do not stand: ${missing.join(", ")}.`] : []),
  ];
  return {
    ok: problems.length === 0,
    store: { kind: url.startsWith("postgres") ? "postgres" : "sqlite", state, schemas },
    secretsKey: given ? "given" : inFolder ? "in the folder" : "made at the start",
    packages: packages?.allow ?? {},
    walls: { standing: walls.filter(({ stands }) => stands).map(({ name }) => name), missing },
    problems,
  };
}

/** Where the store is: what is set, or SQLite in the folder. */
export const storeUrlOf = ({ store, data }: Settings): string => store ?? `sqlite:${join(data, DATA_FILE)}`;

/** Starts the processes that an execution needs, in the way in which the service does. */
async function wallsOf(settings: Settings, packages: ReturnType<typeof readPackages>) {
  const { limits, workers, engine, python } = settings;
  const options = { packages: packages ?? undefined, limits, workers, engine, python };
  try {
    await using runtime = await createRuntime({ ...present(options), logger: SILENT });
    return runtime.walls;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new HostFault("SERVICE_CONFIG_INVALID", `The configuration is not valid: ${error.message}`, "never");
  }
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
