/** The hand-offs as a store keeps them: the first of the schemas that a storage may hold. SQLite's thread imports this module again. */
import { defineSchema } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import { memoryAnswers } from "./memory-answers.ts";
import { createMemoryRows } from "./memory-rows.ts";
import { operations, READS_ONLY, STATEMENTS_STAND_ALONE, type HandoffOperations } from "./operations/index.ts";
import { LEGACY_VERSION, MIGRATIONS } from "./statements/migrations.ts";
import { postgresStatements } from "./statements/postgres.ts";
import { sqliteAnswers } from "./statements/sqlite.ts";

export const schema = defineSchema<HandoffOperations>({
  name: "handoffs",
  module: import.meta.url,
  migrations: MIGRATIONS,
  legacyVersion: LEGACY_VERSION,
  operations,
  standAlone: STATEMENTS_STAND_ALONE,
  readsOnly: READS_ONLY,
  sqlite: sqliteAnswers,
  postgres: postgresStatements,
  memory: () => memoryAnswers(createMemoryRows()),
});

export type HandoffStore = Store<HandoffOperations>;
