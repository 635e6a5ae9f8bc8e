/**
 * The schema of an action's arguments: what its language reads of the source, and where only running it gives the schema, the result of a program that is run
 * in the sandbox like the action itself.
 */
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { SchemaProgram } from "../../languages/author-tools.ts";
import { shippedLanguages } from "../../languages/index.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface SchemaDiagnostic {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

export interface ArgsSchema {
  /** Null where none can be made; `diagnostics` says why. */
  readonly schema: JsonSchema | null;
  /** What the action does, from the comment of its entry point. */
  readonly description: string | null;
  readonly diagnostics: readonly SchemaDiagnostic[];
}

export async function argsSchema(action: string, runner: ScenarioRunner): Promise<ArgsSchema> {
  const tools = await shippedLanguages().byFilename(action).author?.();
  if (tools === undefined) return { description: null, ...unreadable("This language has no schemas.") };
  const source = await readFile(action, "utf8").catch(() => "");
  const made = await tools.argsSchema({ file: action, filename: basename(action), source });
  if (made.program !== undefined)
    return { description: made.description, ...(await byRunning(action, made.program, runner)) };
  const diagnostics = made.diagnostics.map(({ message, line, column }) => ({ message, line, column }));
  return { schema: made.schema, description: made.description, diagnostics };
}

const unreadable = (message: string) => ({ schema: null, diagnostics: [{ message, line: null, column: null }] });

/** A file of a moment beside the action, so that its imports are resolved as the action's own are. */
async function byRunning(action: string, { source, ending, what }: SchemaProgram, runner: ScenarioRunner) {
  const file = join(dirname(action), `.baton-schema-${randomUUID()}${ending}`);
  try {
    await writeFile(file, source, { flag: "wx" });
    const { outcome } = await runner.run({ action: file, context: { args: {} } });
    if (outcome.status === "returned")
      return { schema: (outcome.returnValue ?? null) as JsonSchema | null, diagnostics: [] };
    const message = (outcome.error?.message ?? outcome.status).replaceAll(basename(file), basename(action));
    return unreadable(`${what} cannot be used: ${message}`);
  } finally {
    await rm(file, { force: true });
  }
}
