/**
 * The process that reads an action's types: a tenant's types are as hostile as its code, so they are read where a deadline can end it,
 * with no environment, and no file but this package's and the version's own.
 */
import { createInterface } from "node:readline";
import { argsSchema } from "../../author/schema/args-schema.ts";
import { type ArgsAnswer, type ArgsQuestion, type ArgsReady, SCHEMA_CHARS } from "./messages.ts";

/** A schema that only running the action would give is not asked for here. */
const NO_RUNNER = new Proxy({}, { get: () => () => Promise.reject(new Error("Nothing runs here.")) }) as Parameters<
  typeof argsSchema
>[1];

const questions = createInterface({ input: process.stdin });
questions.on("line", (line) => {
  const { id, path } = JSON.parse(line) as ArgsQuestion;
  void read(path).then((args) => say({ id, args }));
});
questions.on("close", () => process.exit(0));
say({ ready: true });

function say(line: ArgsAnswer | ArgsReady): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function read(path: string): Promise<ArgsAnswer["args"]> {
  try {
    const { schema, description } = await argsSchema(path, NO_RUNNER);
    if (schema === null) return null;
    const args = { ...schema, ...(description === null ? {} : { description }) };
    // Measured here: the host would read the whole of it, however many members the types have.
    return JSON.stringify(args).length > SCHEMA_CHARS ? null : args;
  } catch {
    return null;
  }
}
