/** From a store's address to the hand-offs in it. */
import { memoryStore } from "../storage/memory.ts";
import { openStorage, type MigrateMode, type Storage, type StoreAddress } from "../storage/index.ts";
import { memoryAnswers } from "./memory-answers.ts";
import { createMemoryRows, type MemoryRows } from "./memory-rows.ts";
import { schema, type HandoffStore } from "./store-schema.ts";

export type GivenStore = StoreAddress | Storage | HandoffStore;

/** A storage that the embedder opened stays the embedder's; a store is closed along. */
export async function openGiven(given: GivenStore, migrate: MigrateMode | undefined): Promise<HandoffStore> {
  if (typeof given === "object" && given !== null) {
    if ("of" in given) return given.of(schema);
    if ("run" in given) return given;
  }
  return openStore(given, migrate);
}

/** A store that holds hand-offs alone; closing it closes its file or its connections. */
export async function openStore(address: StoreAddress, migrate: MigrateMode = "auto"): Promise<HandoffStore> {
  const storage = await openStorage({ store: address, schemas: [schema], migrate });
  return { ...storage.of(schema), close: () => storage.close() };
}

export function createMemoryStore(rows: MemoryRows = createMemoryRows()): HandoffStore {
  return memoryStore(schema, memoryAnswers(rows));
}
