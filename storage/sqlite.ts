/** The embedded store: one SQLite file, written by a thread of its own, so that a commit never blocks the process that waits for it, nor those that read. */
import { HostFault } from "../base/fault.ts";
import { createFairTurns } from "./fair-turns.ts";
import type { MigrateMode } from "./migrate.ts";
import {
  requireHeld,
  type OperationInput,
  type OperationResult,
  type Operations,
  type AnySchema,
  type StoreSchema,
} from "./schema.ts";
import { createReads } from "./sqlite-reads.ts";
import { startThread } from "./sqlite-thread.ts";
import type { Storage } from "./storage.ts";
import type { Store } from "./store.ts";

export interface SqliteOptions {
  readonly schemas: readonly AnySchema[];
  readonly migrate: MigrateMode;
}

/** More than this never shares one commit: the first caller should not wait for the hundredth's work. */
const COMMIT_SHARE = 256;
/** Two commits full of operations: while the thread writes one, the next is filled. */
const AT_ONCE = 2 * COMMIT_SHARE;
/** Reads that are answered together. */
const READ_SHARE = 32;

export async function openSqlite(path: string, { schemas, migrate }: SqliteOptions): Promise<Storage> {
  const data = { path, modules: schemas.map(({ module }) => module), migrate, commitShare: COMMIT_SHARE };
  const thread = startThread(data);
  const file = await thread.started.catch((error: unknown) => {
    const { code, retry } = error as Partial<HostFault>;
    const message = `The SQLite store ${path} could not be opened: ${Error.isError(error) ? error.message : String(error)}`;
    throw new HostFault(
      code ?? "STORE_UNAVAILABLE",
      message,
      code === "STORE_UNAVAILABLE" ? "never" : (retry ?? "never"),
      {
        cause: error,
      },
    );
  });
  const turns = createFairTurns(AT_ONCE);
  const reads = createReads({
    isWriting: () => file !== null && thread.isBusy(),
    start: () => startThread({ ...data, commitShare: READ_SHARE, readsOf: file }),
  });
  const readsOnly = new Set(schemas.flatMap(({ name, readsOnly: names }) => names.map((read) => `${name}.${read}`)));
  const run = (operation: string, input: unknown): Promise<unknown> => {
    const write = () => turns.take(input, () => thread.send(operation, input));
    return readsOnly.has(operation) ? reads.run(operation, input, write) : write();
  };
  // The last to close the file takes its log in.
  const close = async (): Promise<void> => {
    await reads.close();
    await thread.close();
  };
  const compact = async (): Promise<boolean> => (await thread.send("compact", null)) as boolean;
  return {
    name: "sqlite",
    of<Ops extends Operations>(schema: StoreSchema<Ops>): Store<Ops> {
      requireHeld(schemas, schema);
      return {
        name: "sqlite",
        run: <K extends keyof Ops & string>(name: K, input: OperationInput<Ops, K>) =>
          run(`${schema.name}.${name}`, input) as Promise<OperationResult<Ops, K>>,
        compact,
        async close() {},
      };
    },
    compact,
    close,
    [Symbol.asyncDispose]: close,
  };
}
