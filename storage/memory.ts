/** The store that lives and dies with its process: every operation in one go, since nothing else can run in between. */
import {
  requireHeld,
  type OperationInput,
  type OperationResult,
  type Operations,
  type AnySchema,
  type StoreSchema,
} from "./schema.ts";
import { runAtOnce, type Operation } from "./statements.ts";
import type { Storage } from "./storage.ts";
import type { Store } from "./store.ts";

/** `answers` may be given so that a simulation can crash the rows behind them, or cut their power. */
export function memoryStore<Ops extends Operations>(
  schema: StoreSchema<Ops>,
  answers: object = schema.memory(),
): Store<Ops> {
  return {
    name: "memory",
    async run<K extends keyof Ops & string>(name: K, input: OperationInput<Ops, K>): Promise<OperationResult<Ops, K>> {
      const start = schema.operations[name] as unknown as (
        input: OperationInput<Ops, K>,
      ) => Operation<OperationResult<Ops, K>>;
      return runAtOnce(start(input), answers);
    },
    async close() {},
  };
}

export function openMemory(schemas: readonly AnySchema[]): Storage {
  const stores = new Map<string, unknown>(schemas.map((schema) => [schema.name, memoryStore(schema)]));
  const close = async (): Promise<void> => {};
  return {
    name: "memory",
    of<Ops extends Operations>(schema: StoreSchema<Ops>) {
      requireHeld(schemas, schema);
      return stores.get(schema.name) as Store<Ops>;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
