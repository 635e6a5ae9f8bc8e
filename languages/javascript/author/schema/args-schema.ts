/**
 * The schema of arguments: what a TypeScript action says of its arguments: by the type that its entry point gives `ActionContext`, or by a zod schema
 * that it exports, whose JSON Schema only running it gives.
 */
import type { ArgsSchema, SourceText } from "../../../author-tools.ts";
import { wholeActionError } from "../../../diagnostic.ts";
import type { Diagnostic } from "../../../diagnostic.ts";
import { isFunction, isNode, nameOf, readSource } from "../check/syntax.ts";
import type { Node, Source } from "../check/syntax.ts";
import { UnsupportedType, docOf, nameOfType } from "./scope.ts";
import { schemaOf } from "./type-schema.ts";

const ENTRIES = ["execute_action", "executeAction"];
const ZOD_NAMES = ["args", "argsSchema", "Args", "ArgsSchema"];

export function argsSchema({ file, filename }: SourceText): ArgsSchema {
  const none = (message: string): ArgsSchema => ({ schema: null, description: null, diagnostics: [said(message)] });
  const source = readSource(file);
  if (source === null) return none("The action cannot be read or parsed: baton check says why.");
  const entry = entryOf(source);
  const description = entry === null ? null : docOf(entry.statement);
  const zod = exportedZod(source);
  if (zod !== null) return { schema: null, description, diagnostics: [], program: programOf(zod, filename) };
  if (entry === null) return none("The action exports no execute_action whose parameter could be read.");
  const args = argsType(entry.parameter, source);
  if (args === null) {
    const message =
      "The entry point does not say what its arguments are: write context: ActionContext<{ … }>, or export a zod schema as args.";
    return { schema: null, description, diagnostics: [said(message, placeOf(entry.parameter ?? entry.statement))] };
  }
  try {
    const schema = schemaOf(args, { source, files: new Map([[source.file, source]]) });
    return { schema, description, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof UnsupportedType)) throw error;
    return { schema: null, description, diagnostics: [said(error.message, error)] };
  }
}

function said(message: string, at: { line: number | null; column: number | null } | null = null): Diagnostic {
  return { ...wholeActionError("SCHEMA_UNREADABLE", message), line: at?.line ?? null, column: at?.column ?? null };
}

/** An action beside the author's own, so that its import is resolved as the action's are. */
function programOf(name: string, filename: string) {
  const source = `import { ${name} } from "./${filename}";
import { z } from "zod";
export const execute_action = () => z.toJSONSchema(${name}, { io: "input", unrepresentable: "any" });\n`;
  return { source, ending: ".ts", what: `The zod schema ${name}` };
}

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
