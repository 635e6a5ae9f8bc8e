/**
 * The schema of an action's arguments: of the type that its entry point gives `ActionContext`, or of a zod schema that it exports, which is
 * run in the sandbox like the action itself.
 */
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Language } from "../../languages/language.ts";
import { ownLanguage } from "../check/by-language.ts";
import { isFunction, isNode, nameOf, readSource } from "../check/syntax.ts";
import type { Node, Source } from "../check/syntax.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import { UnsupportedType, docOf, nameOfType } from "./scope.ts";
import type { JsonSchema } from "./scope.ts";
import { schemaOf } from "./type-schema.ts";

export interface SchemaDiagnostic {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

export interface ArgsSchema {
  /** Null where none can be made; `diagnostics` says why. */
  readonly schema: JsonSchema | null;
  /** What the action does, from the doc comment of its entry point. */
  readonly description: string | null;
  readonly diagnostics: readonly SchemaDiagnostic[];
}

const ENTRIES = ["execute_action", "executeAction"];
const ZOD_NAMES = ["args", "argsSchema", "Args", "ArgsSchema"];

export async function argsSchema(action: string, runner: ScenarioRunner): Promise<ArgsSchema> {
  const language = ownLanguage(action);
  if (language !== null) return schemaByLanguage(action, language);
  const source = readSource(action);
  if (source === null) return none("The action cannot be read or parsed: baton check says why.");
  const entry = entryOf(source);
  const description = entry === null ? null : docOf(entry.statement);
  const zod = exportedZod(source);
  if (zod !== null) return { description, ...(await ofZod(action, zod, runner)) };
  if (entry === null) return none("The action exports no execute_action whose parameter could be read.");
  const args = argsType(entry.parameter, source);
  if (args === null) {
    const message =
      "The entry point does not say what its arguments are: write context: ActionContext<{ … }>, or export a zod schema as args.";
    return { schema: null, description, diagnostics: [{ message, ...placeOf(entry.parameter ?? entry.statement) }] };
  }
  try {
    return {
      schema: schemaOf(args, { source, files: new Map([[source.file, source]]) }),
      description,
      diagnostics: [],
    };
  } catch (error) {
    if (!(error instanceof UnsupportedType)) throw error;
    const { message, line, column } = error;
    return { schema: null, description, diagnostics: [{ message, line, column }] };
  }
}

async function schemaByLanguage(action: string, language: Language): Promise<ArgsSchema> {
  const tools = await language.author?.();
  if (tools === undefined) return none("This language has no schemas.");
  const filename = basename(action);
  const made = await tools.argsSchema({ filename, source: await readFile(action, "utf8") });
  const diagnostics = made.diagnostics.map(({ message, line, column }) => ({ message, line, column }));
  return { schema: made.schema, description: made.description, diagnostics };
}

const none = (message: string): ArgsSchema => ({
  schema: null,
  description: null,
  diagnostics: [{ message, line: null, column: null }],
});

const placeOf = ({ loc }: Node) => ({ line: loc.start.line, column: loc.start.column + 1 });

/** The entry point's first parameter, and the statement that its comment stands before. */
function entryOf({ program }: Source): { readonly parameter: Node | null; readonly statement: Node } | null {
  for (const statement of program["body"] as Node[]) {
    const isExport = /^Export(?:Named|Default)Declaration$/.test(statement.type);
    const inner = isExport && isNode(statement["declaration"]) ? statement["declaration"] : statement;
    const declarators = (inner["declarations"] as Node[] | undefined) ?? [inner];
    for (const each of declarators) {
      const made = isNode(each["init"]) ? each["init"] : each;
      const isEntry =
        ENTRIES.includes(nameOf(each["id"]) ?? "") ||
        (statement.type === "ExportDefaultDeclaration" && isFunction(made));
      if (!isEntry || !isFunction(made)) continue;
      return { parameter: (made["params"] as Node[])[0] ?? null, statement };
    }
  }
  return null;
}

/** `X` of `context: ActionContext<X>`. A name for that type is followed. */
function argsType(parameter: Node | null, source: Source): Node | null {
  const annotation = (parameter?.type === "AssignmentPattern" ? (parameter["left"] as Node) : parameter)?.[
    "typeAnnotation"
  ];
  return isNode(annotation) ? within(annotation["typeAnnotation"], source, 0) : null;
}

function within(type: unknown, source: Source, depth: number): Node | null {
  if (!isNode(type) || type.type !== "TSTypeReference" || depth > 8) return null;
  const name = nameOfType(type);
  if (name === "ActionContext") {
    const parameters = type["typeParameters"] ?? type["typeArguments"];
    return isNode(parameters) ? ((parameters["params"] as Node[])[0] ?? null) : null;
  }
  for (const statement of source.program["body"] as Node[]) {
    const node = isNode(statement["declaration"]) ? statement["declaration"] : statement;
    if (node.type === "TSTypeAliasDeclaration" && nameOf(node["id"]) === name)
      return within(node["typeAnnotation"], source, depth + 1);
  }
  return null;
}

/** The name of an exported constant that zod makes. */
function exportedZod({ program, text }: Source): string | null {
  if (!/from\s*["']zod(?:\/[\w-]+)?["']/.test(text)) return null;
  for (const statement of program["body"] as Node[]) {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement["declaration"] : null;
    const declarators = isNode(declaration) ? ((declaration["declarations"] as Node[] | undefined) ?? []) : [];
    const found = declarators.map(({ id }) => nameOf(id)).find((name) => name !== null && ZOD_NAMES.includes(name));
    if (found !== undefined) return found!;
  }
  return null;
}

/** A file of a moment beside the action, so that its imports are resolved as the action's own are. */
async function ofZod(action: string, name: string, runner: ScenarioRunner) {
  const file = join(dirname(action), `.baton-schema-${randomUUID()}.ts`);
  const program = `import { ${name} } from "./${basename(action)}";
import { z } from "zod";
export const execute_action = () => z.toJSONSchema(${name}, { io: "input", unrepresentable: "any" });\n`;
  try {
    await writeFile(file, program, { flag: "wx" });
    const { outcome } = await runner.run({ action: file, context: { args: {} } });
    if (outcome.status === "returned")
      return { schema: (outcome.returnValue ?? null) as JsonSchema | null, diagnostics: [] };
    const message = (outcome.error?.message ?? outcome.status).replaceAll(basename(file), basename(action));
    return {
      schema: null,
      diagnostics: [{ message: `The zod schema ${name} cannot be used: ${message}`, line: null, column: null }],
    };
  } finally {
    await rm(file, { force: true });
  }
}
