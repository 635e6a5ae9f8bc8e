/** Scopes of types: where the names of types are looked up, and what of a schema is said beside a type: its doc comment. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isNode, nameOf, readSource } from "../check/syntax.ts";
import type { Node, Source } from "../check/syntax.ts";

export type TypeNode = Node;
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface TypeScope {
  readonly source: Source;
  /** Files that were read already, by path. */
  readonly files: Map<string, Source | null>;
}

/** What a schema cannot say; becomes a diagnostic. */
export class UnsupportedType extends Error {
  readonly line: number;
  readonly column: number;
  constructor(node: Node, what: string) {
    super(`No schema can be made of ${what}.`);
    this.name = "UnsupportedType";
    this.line = node.loc.start.line;
    this.column = node.loc.start.column + 1;
  }
}

export const unsupported = (node: Node, what: string): UnsupportedType => new UnsupportedType(node, what);

export interface Declared {
  readonly node: TypeNode;
  /** The statement that the doc comment stands before. */
  readonly statement: Node;
  readonly scope: TypeScope;
}

const DECLARATIONS = new Set(["TSTypeAliasDeclaration", "TSInterfaceDeclaration", "TSEnumDeclaration"]);

export function found(name: string, scope: TypeScope, depth = 0): Declared | null {
  for (const statement of scope.source.program["body"] as Node[]) {
    const node =
      statement.type === "ExportNamedDeclaration" && isNode(statement["declaration"])
        ? statement["declaration"]
        : statement;
    if (DECLARATIONS.has(node.type) && nameOf(node["id"]) === name) return { node, statement, scope };
    const elsewhere = importedAs(statement, name);
    if (elsewhere === null || depth > 8) continue;
    const other = ownModule(elsewhere.from, scope);
    if (other !== null) return found(elsewhere.name, other, depth + 1);
  }
  return null;
}

/** `import type { Name as name } from "./file.ts"`, and exports passed on. */
function importedAs(statement: Node, name: string): { readonly name: string; readonly from: string } | null {
  const from = statement["source"];
  if (!isNode(from) || !/^\.\.?\//.test(String(from["value"]))) return null;
  for (const specifier of (statement["specifiers"] ?? []) as Node[]) {
    const [local, imported] =
      statement.type === "ImportDeclaration"
        ? [specifier["local"], specifier["imported"]]
        : [specifier["exported"], specifier["local"]];
    if (nameOf(local) === name) return { name: nameOf(imported) ?? name, from: String(from["value"]) };
  }
  return null;
}

function ownModule(specifier: string, { source, files }: TypeScope): TypeScope | null {
  const path = join(dirname(source.file), specifier);
  const spellings = [path, `${path}.ts`, path.replace(/\.([mc]?)js$/, ".$1ts"), `${path}.d.ts`, join(path, "index.ts")];
  const file = spellings.find((each) => /\.[mc]?ts$/.test(each) && existsSync(each));
  if (file === undefined) return null;
  if (!files.has(file)) files.set(file, readSource(file));
  const read = files.get(file) ?? null;
  return read === null ? null : { source: read, files };
}

export function nameOfType(node: Node): string {
  const name = node["typeName"] ?? node["expression"];
  return nameOf(name) ?? "a name with a namespace";
}

/** The doc comment right before a node, without stars and without tags. */
export function docOf(node: Node): string | null {
  const comments = (node["leadingComments"] ?? []) as { readonly type: string; readonly value: string }[];
  const last = comments.findLast(({ type, value }) => type === "CommentBlock" && value.startsWith("*"));
  if (last === undefined) return null;
  const text = last.value
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^\s*\*\s?/, "").trim())
    .join("\n")
    .replace(/(?:^|\n)@[\s\S]*$/, "")
    .trim()
    .replaceAll(/(?<!\s)\s*\n\s*/g, " ");
  return text === "" ? null : text;
}

export function describe(node: Node): JsonSchema {
  const description = docOf(node);
  return description === null ? {} : { description };
}
