/** The service's tables and the hand-offs' on one storage, and word of changes from the other nodes where connections can carry it. */
import { handoffSchema } from "../../delivery/index.ts";
import { openSqlInMemory, openStorage, type MigrateMode, type Storage, type Store } from "../../storage/index.ts";
import type { ServiceOperations } from "./operations/index.ts";
import { schema } from "./schema.ts";

export interface ServiceStore {
  readonly storage: Storage;
  readonly run: Store<ServiceOperations>["run"];
  /** Milliseconds since 1970 by the store's clock. */
  time(): Promise<number>;
  /** Calls `changed` when another node says that it changed something. */
  listen(changed: () => void): void;
  /** Notifies the other nodes. */
  announce(): void;
  close(): Promise<void>;
}

const CHANNEL = "baton_service";

/** The schemas of a service's store, for `baton migrate`. */
export const SERVICE_SCHEMAS = [handoffSchema, schema] as const;

export async function openServiceStore(url: string, migrate: MigrateMode): Promise<ServiceStore> {
  const storage =
    url === "memory:"
      ? await openSqlInMemory(SERVICE_SCHEMAS)
      : await openStorage({ store: url, schemas: SERVICE_SCHEMAS, migrate });
  const { run } = storage.of(schema);
  return {
    storage,
    run,
    time: async () => (await storage.time?.()) ?? Date.now(),
    listen: (changed) => storage.listen?.(CHANNEL, changed),
    announce: () => storage.notify?.(CHANNEL),
    close: () => storage.close(),
  };
}
