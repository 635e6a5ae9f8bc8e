/**
 * The process that reads an action's types: a tenant's types are as hostile as its code, so they are read where a deadline can end it,
 * with no environment, and no file but this package's and the version's own.
 */
import { argsSchema } from "../../author/schema/args-schema.ts";

export interface ArgsQuestion {
  readonly id: number;
  readonly path: string;
}

/** The reader is loaded. */
export interface ArgsReady {
  readonly ready: true;
}

export interface ArgsAnswer {
  readonly id: number;
  /** Null: the action does not say what its arguments are, in a way that can be read without running it. */
  readonly args: Readonly<Record<string, unknown>> | null;
}

/** A schema that only running the action would give is not asked for here. */
const NO_RUNNER = new Proxy({}, { get: () => () => Promise.reject(new Error("Nothing runs here.")) }) as Parameters<
  typeof argsSchema
>[1];

process.on("message", ({ id, path }: ArgsQuestion) => {
  void answer(id, path).then((found) => process.send?.(found));
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true } satisfies ArgsReady);

async function answer(id: number, path: string): Promise<ArgsAnswer> {
  try {
    const { schema, description } = await argsSchema(path, NO_RUNNER);
    return { id, args: schema === null ? null : { ...schema, ...(description === null ? {} : { description }) } };
  } catch {
    return { id, args: null };
  }
}
