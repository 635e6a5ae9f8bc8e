/** Puts the parts of a service together, and takes them apart again. */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import type { FastifyInstance } from "fastify";
import { openHandoffs } from "../delivery/index.ts";
import { HostFault } from "../base/fault.ts";
import { createRuntime, DEFAULT_LIMITS, type LoggerLike } from "../runtime/index.ts";
import { createArgsReader } from "./args/args.ts";
import { storeUrlOf } from "./check.ts";
import { createAuth } from "./auth.ts";
import { defaultNodeName } from "./config.ts";
import { createEvents } from "./events.ts";
import { startAdopter } from "./executions/accepted.ts";
import { startCallbacks } from "./executions/callbacks.ts";
import { createRecorder } from "./executions/recorder.ts";
import { createRunRecordings } from "./executions/recordings.ts";
import { createRunning } from "./executions/running.ts";
import { createShares } from "./executions/shares.ts";
import { createUnkeyedRuns } from "./executions/unkeyed.ts";
import { createPressure } from "./executions/pressure.ts";
import { createScheduler, type Scheduler } from "./executions/scheduler.ts";
import { serveHandoffs } from "./handoffs.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { startHousekeeping, type Housekeeping } from "./housekeeping.ts";
import { readPackages } from "./packages.ts";
import type { Parts } from "./parts.ts";
import { present } from "./present.ts";
import { createTenantProviders } from "./providers/tenant-provider.ts";
import { openRegistry, type Registry } from "./registry.ts";
import { createServer } from "./server.ts";
import type { Settings } from "./settings.ts";
import { openServiceStore, type ServiceStore } from "./store/store.ts";
import { newToken } from "./tokens.ts";
import { keyInFolder, openVault, type Vault } from "./vault.ts";
import { checkSecrets } from "./vault-check.ts";
import type { Tenant } from "./tenant.ts";
import { createTelemetry, startSdk } from "./telemetry.ts";
import { createLogPages } from "./log-pages.ts";
import { createUnderWay } from "./under-way.ts";
import { createFolders } from "./folders.ts";

export interface OpenOptions {
  readonly logTo: { write(line: string): void };
  readonly logger?: LoggerLike | undefined;
  readonly onFirstKey: (key: string) => void;
}

export interface OpenParts {
  readonly app: FastifyInstance;
  readonly parts: Parts;
  listening(url: string): void;
  close(drainMs: number): Promise<void>;
}

/** What is made after those that ask it: nothing asks before the service is open. */
interface Held {
  registry?: Registry;
  tenantOf?: (name: string) => Tenant | null;
  scheduler?: Scheduler;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- the parts of a service, in the order in which they need each other
export async function openParts(settings: Settings, { logTo, logger, onFirstKey }: OpenOptions): Promise<OpenParts> {
  const log = createLog({ level: settings.logLevel, logTo, logger });
  const { limits, workers, memoryBudgetMiB, engine, python } = settings;
  const state = { draining: false, url: null as string | null };
  const closing = new AbortController();
  const storeUrl = storeUrlOf(settings);
  if (settings.store === undefined) mkdirSync(settings.data, { recursive: true, mode: 0o700 });
  const packages = readPackages(settings.packages);
  const vault = openVault(settings.secretsKey ?? keyInFolder(settings.data));
  const publicUrl = (): string | null => settings.publicUrl ?? state.url;
  // The registry comes with the store, and the provider is asked for nothing before it.
  const held: Held = {};
  const telemetry = createTelemetry();
  const providers = createTenantProviders({
    telemetry,
    registry: () => held.registry!,
    privateHosts: settings.private,
    publicUrl: settings.publicUrl ?? null,
    ownUrl: () => state.url,
  });
  const stopSdk = settings.telemetry ? await startSdk() : async () => {};
  const [store, handoffs] = await openStores(storeUrl, settings, held, providers, log);
  const served = serveHandoffs(handoffs, (intentId) => telemetry.recorded(intentId));
  const recordings = createRunRecordings(store, log, () => Date.now());
  held.tenantOf = (name) => served.tenantOf(name) ?? held.registry?.known(name) ?? null;
  // Its processes start while the store is read.
  const starting = createRuntime({
    handoffs: served.handoffs,
    egress: (tenant) => held.tenantOf?.(tenant)?.egress ?? null,
    logger: log,
    queuePerTenant: settings.queuePerTenant,
    queueMs: settings.queueMs,
    record: {
      each: () => recordings.wanted(served.present()),
      to: (recording) => recordings.keep(recording, served.present()),
    },
    ...present({ packages: packages ?? undefined, limits, workers, memoryBudgetMiB, engine, python }),
  });
  starting.catch(() => {});
  try {
    const registry = await patiently(() => openTrusted(store, vault, settings, log));
    held.registry = registry;
    const offset = await patiently(() => clockOffset(store));
    const now = (): number => Date.now() + offset;
    await patiently(() => firstKey(store, settings, now(), onFirstKey));
    const runtime = await starting;
    runtime.subscribe(served.onEvent);
    const node = `${settings.node ?? defaultNodeName()}/${randomUUID().slice(0, 8)}`;
    const least = 2 * availableParallelism();
    const pressure = createPressure({ least, most: settings.concurrency, onMore: () => held.scheduler?.look() });
    const scheduler = createScheduler({ ...settings, now, pressure });
    held.scheduler = scheduler;
    const shares =
      store.storage.name === "postgres" ? createShares({ store, node, now, demand: scheduler.demand }) : null;
    shares?.onLent(scheduler.look);
    const parts: Parts = {
      settings,
      node,
      version: (createRequire(import.meta.url)("baton-runtime/package.json") as { version: string }).version,
      store, registry, vault, handoffs, runtime, telemetry, log, publicUrl, now,
      serve: served.serve,
      baseLimits: { ...DEFAULT_LIMITS, ...settings.limits },
      offered: packages?.allow ?? {},
      folders: createFolders(),
      args: createArgsReader(),
      scheduler,
      shares,
      running: createRunning(),
      underWay: createUnderWay(),
      recorder: createRecorder(store, log),
      recordings,
      unkeyed: createUnkeyedRuns(store),
      callbacks: startCallbacks({ store, registry, privateHosts: settings.private, now, log }),
      events: createEvents(handoffs),
      logPages: createLogPages(store),
      metrics: createMetrics(),
      draining: () => state.draining,
      closed: closing.signal,
    }; // prettier-ignore
    runtime.subscribe((event) => parts.metrics.read(event));
    parts.recorder.onWritten(() => parts.callbacks.look());
    registry.onChange(({ action, tenant, subject }) => {
      if (action === "run.cancel" && tenant !== null) parts.running.cancel(tenant, subject);
    });
    handoffs.start();
    const adopter = startAdopter(parts);
    const housekeeping = startHousekeeping(parts);
    const app = createServer({ parts, auth: createAuth({ registry, vault, adminKey: settings.adminKey, now }) });
    return {
      app,
      parts,
      listening: (url) => void (state.url = url),
      close: async (drainMs) => {
        pressure.close();
        state.draining = true;
        await closeAll({ parts, app, housekeeping, adopter, closing, drainMs });
        await stopSdk();
      },
    };
  } catch (error) {
    await (await starting.catch(() => null))?.close();
    await held.registry?.close();
    await handoffs.close();
    await store.close();
    throw error;
  }
}

/** A store that is busy while several nodes start is asked again; what surely will not pass ends the start. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (round === START_ROUNDS || !(error instanceof HostFault) || error.retry !== "safe") throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * round));
    }
  }
}

const START_ROUNDS = 6;

async function openStores(
  url: string,
  settings: Settings,
  held: Held,
  provider: ReturnType<typeof createTenantProviders>,
  log: Parts["log"],
): Promise<[ServiceStore, Awaited<ReturnType<typeof openHandoffs>>]> {
  const store = await openServiceStore(url, settings.migrate);
  try {
    const handoffs = await openHandoffs({
      store: store.storage,
      provider,
      destinations: (tenant) => present(held.tenantOf?.(tenant)?.settings.destinations ?? {}),
      // The relay begins once the registry is there to say whose desk is whose.
      relay: false,
      logger: log,
      settings: present({ keepMs: settings.keepMs, keepHandoffsMs: settings.keepHandoffsMs }),
    });
    return [store, handoffs];
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openTrusted(
  store: ServiceStore,
  vault: Vault,
  settings: Settings,
  log: Parts["log"],
): Promise<Registry> {
  await checkSecrets(store, vault);
  return openRegistry({ store, vault, privateHosts: settings.private, log });
}

/** How far this machine's clock is from the store's. */
async function clockOffset(store: ServiceStore): Promise<number> {
  const before = Date.now();
  const at = await store.time();
  const offset = at - (before + Date.now()) / 2;
  return Math.abs(offset) < 50 ? 0 : Math.round(offset);
}

/** An operator who gave no key gets one, at the first start on this store. */
async function firstKey(
  store: ServiceStore,
  settings: Settings,
  now: number,
  show: (key: string) => void,
): Promise<void> {
  if (settings.adminKey !== undefined) return;
  const { id, key, digest } = newToken();
  const scopes = JSON.stringify(["admin"]);
  const row = {
    id,
    digest,
    tenant: null,
    scopes,
    note: "made at the first start",
    createdAt: now,
    expiresAt: null,
    actor: "first start",
  };
  if (await store.run("createFirstKey", row)) show(key);
}

interface Closing {
  readonly parts: Parts;
  readonly app: FastifyInstance;
  readonly housekeeping: Housekeeping;
  readonly adopter: { close(): Promise<void> };
  readonly closing: AbortController;
  readonly drainMs: number;
}

async function closeAll({ parts, app, housekeeping, adopter, closing, drainMs }: Closing): Promise<void> {
  const { settings, scheduler, shares, runtime, recorder, callbacks, events, registry, handoffs, store, folders, log } =
    parts;
  log.info({ running: scheduler.running, drainMs }, "draining");
  if (settings.unreadyMs > 0) await new Promise((resolve) => setTimeout(resolve, settings.unreadyMs));
  scheduler.close();
  await adopter.close();
  const over = AbortSignal.timeout(Math.max(1, drainMs));
  while (scheduler.running > 0 && !over.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
  closing.abort();
  events.close();
  await runtime.close();
  await app.close();
  parts.unkeyed.close();
  await recorder.close();
  await parts.recordings.close();
  await shares?.close();
  await callbacks.close();
  await housekeeping.close();
  await registry.close();
  await handoffs.close();
  await store.close();
  await parts.args.close();
  await folders.close();
  log.info({}, "closed");
}
