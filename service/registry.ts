/**
 * The registry: what a node keeps in memory of tenants, keys and versions, and how it forgets: every change of the store is an entry of the audit
 * chain, and a node reads on from the last one that it saw. A node that cannot read on for a while serves nothing: it might honour a
 * key that was revoked.
 */
import { LRUCache } from "lru-cache";
import type { ServiceLog } from "./log.ts";
import { startLoop, type Loop } from "./loop.ts";
import { openTenant, type Tenant } from "./tenant.ts";
import type { AuditEntry } from "./store/operations/audit.ts";
import type { KeyRow } from "./store/operations/keys.ts";
import type { VersionRow } from "./store/operations/actions.ts";
import type { ServiceStore } from "./store/store.ts";
import type { Vault } from "./vault.ts";

export interface Registry {
  tenant(name: string): Promise<Tenant | null>;
  /** As it is cached now; for what cannot wait. */
  known(name: string): Tenant | null;
  key(id: string): Promise<KeyRow | null>;
  version(tenant: string, action: string, version: number): Promise<VersionRow | null>;
  /** After a change of this node's own: the next reader sees it. */
  forget(tenant: string): void;
  forgetKey(id: string): void;
  /** Milliseconds since the store last answered. */
  silentMs(): number;
  /** The id of the key under which the secrets of the tenant that was read last are sealed, where this node does not have it. */
  unknownKey(): string | null;
  onChange(listener: (entry: AuditEntry) => void): void;
  /** Has the feed look now. */
  look(): void;
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly store: ServiceStore;
  readonly vault: Vault;
  readonly privateHosts: readonly string[];
  readonly pollMs?: number;
  readonly log?: Pick<ServiceLog, "error">;
}

const SEALED_ELSEWHERE =
  "another node sealed the secrets under a key that this node does not have: give it that key as well";
const POLL_MS = 250;
const PAGE = 500;
const TENANTS = 5_000;
const KEYS = 50_000;
const VERSION_BYTES = 64 * 1024 * 1024;

export async function openRegistry({
  store,
  vault,
  privateHosts,
  pollMs = POLL_MS,
  log,
}: RegistryOptions): Promise<Registry> {
  let unknownKey: string | null = null;
  const tenants = createCache<Tenant>(TENANTS, async (name) => {
    const file = await store.run("readTenant", { tenant: name });
    if (file === null) return null;
    if (file.secrets.length > 0) {
      const { keyId = null } = file.secrets.find((secret) => !vault.knows(secret.keyId)) ?? {};
      if (keyId !== null && keyId !== unknownKey) log?.error({ keyId }, SEALED_ELSEWHERE);
      unknownKey = keyId;
    }
    return openTenant(file, vault, privateHosts);
  });
  const keys = createCache<KeyRow>(KEYS, (id) => store.run("readKey", { id }));
  const versions = new LRUCache<string, VersionRow>({
    maxSize: VERSION_BYTES,
    sizeCalculation: (row) => row.files.length * 2 + 500,
  });
  const listeners: ((entry: AuditEntry) => void)[] = [];

  function apply(entry: AuditEntry): void {
    if (entry.action.startsWith("key.")) keys.forget(entry.subject);
    else if (entry.tenant !== null && entry.action !== "run.cancel") tenants.forget(entry.tenant);
    if (entry.action === "tenant.delete") keys.clear();
    if (entry.action === "tenant.delete" || entry.action === "action.delete") versions.clear();
    for (const listener of listeners) listener(entry);
  }
  const feed = await startFeed(store, pollMs, apply);
  store.listen(() => feed.look());

  return {
    tenant: (name) => tenants.get(name),
    known: (name) => tenants.peek(name),
    key: (id) => keys.get(id),
    async version(tenant, action, version) {
      const name = JSON.stringify([tenant, action, version]);
      const found = versions.get(name) ?? (await store.run("readVersion", { tenant, action, version }));
      if (found !== null) versions.set(name, found);
      return found;
    },
    forget: (tenant) => tenants.forget(tenant),
    forgetKey: (id) => keys.forget(id),
    silentMs: () => feed.silentMs(),
    unknownKey: () => unknownKey,
    onChange: (listener) => void listeners.push(listener),
    look: () => feed.look(),
    close: () => feed.close(),
  };
}

interface Cache<V> {
  get(name: string): Promise<V | null>;
  peek(name: string): V | null;
  forget(name: string): void;
  clear(): void;
}

/** What is forgotten while it is being read is handed to its waiting readers and not kept. What is not there is not kept either. */
function createCache<V extends object>(size: number, read: (name: string) => Promise<V | null>): Cache<V> {
  const kept = new LRUCache<string, V>({ max: size });
  const reading = new Map<string, Promise<V | null>>();
  return {
    async get(name) {
      const there = kept.get(name);
      if (there !== undefined) return there;
      const under = reading.get(name);
      if (under !== undefined) return under;
      const read_ = read(name);
      reading.set(name, read_);
      try {
        const value = await read_;
        if (value !== null && reading.get(name) === read_) kept.set(name, value);
        return value;
      } finally {
        if (reading.get(name) === read_) reading.delete(name);
      }
    },
    peek: (name) => kept.get(name) ?? null,
    forget(name) {
      kept.delete(name);
      reading.delete(name);
    },
    clear() {
      kept.clear();
      reading.clear();
    },
  };
}

interface Feed extends Loop {
  silentMs(): number;
}

async function startFeed(store: ServiceStore, pollMs: number, apply: (entry: AuditEntry) => void): Promise<Feed> {
  let after = await store.run("lastChange", null);
  let answeredAt = performance.now();

  async function readOn(): Promise<void> {
    for (;;) {
      const startedAt = performance.now();
      const entries = await store.run("changesAfter", { after, limit: PAGE });
      answeredAt = startedAt;
      for (const entry of entries) {
        after = entry.n;
        apply(entry);
      }
      if (entries.length < PAGE) return;
    }
  }
  return { ...startLoop(pollMs, readOn), silentMs: () => performance.now() - answeredAt };
}
