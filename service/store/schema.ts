/** The service's tables: a schema beside the hand-offs' on one storage. SQLite's thread imports this module again. */
import { defineSchema, sqlAnswers } from "../../storage/index.ts";
import { operations, READS_ONLY, type ServiceOperations } from "./operations/index.ts";
import { POSTGRES, SQLITE } from "./statements/dialect.ts";
import { statementsIn } from "./statements/index.ts";
import { MIGRATIONS } from "./statements/schema.ts";

export const schema = defineSchema<ServiceOperations>({
  name: "service",
  module: import.meta.url,
  migrations: MIGRATIONS,
  operations,
  standAlone: READS_ONLY,
  readsOnly: READS_ONLY,
  sqlite: (db) => sqlAnswers(db, statementsIn(SQLITE)),
  postgres: () => statementsIn(POSTGRES),
  memory: () => {
    throw new TypeError("The service keeps its tables in a database; memory: is SQLite without a file.");
  },
});
