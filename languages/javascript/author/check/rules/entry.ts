/** Actions that export nothing the bot could call. */
import { nearest } from "../../../../../base/suggest.ts";
import type { Report } from "../report.ts";
import { bare, isNode, keyOf, nameOf } from "../syntax.ts";
import type { Node, Source } from "../syntax.ts";

const ENTRIES = ["execute_action", "executeAction", "default"];

export function entryMissing(source: Source, report: Report): void {
  const old = commonJsNames(source);
  const exported = old ?? exportedNames(source);
  if (exported === null || ENTRIES.some((name) => exported.includes(name))) return;
  const declared = ENTRIES.find((name) => source.declared.has(name));
  const near = exported.map((name) => ({ name, near: nearest(name, ENTRIES.slice(0, 2)) })).find(({ near }) => near);
  // What an object that is put together elsewhere exports, only running shows.
  if (old !== null && near === undefined) return;
  const hint = declared
    ? `${declared} is there, but not exported.`
    : near?.near
      ? `did you mean ${near.near} where it says ${near.name}?`
      : "write export function execute_action(context) { … }.";
  report("ENTRY_MISSING", null, `Nothing here can be called as an action: ${hint}`);
}

/** The names that a CommonJS file exports by itself, as far as they are written out; null for an ES module. */
function commonJsNames({ program, places, text }: Source): string[] | null {
  if (program["sourceType"] === "module" || !/\bexports\b/.test(text)) return null;
  return places.flatMap(({ node }) => {
    if (node.type !== "AssignmentExpression" || !isNode(node["left"])) return [];
    const { left, right } = node as unknown as { readonly left: Node; readonly right: Node };
    if (left.type !== "MemberExpression") return [];
    if (!isExports(left)) return isExports(left["object"] as Node) ? [memberName(left) ?? ""] : [];
    const value = bare(right);
    if (value.type !== "ObjectExpression") return ["default"];
    return (value["properties"] as Node[]).map((property) => keyOf(property) ?? "");
  });
}

/** `exports` and `module.exports`. */
function isExports(node: Node): boolean {
  if (nameOf(node) === "exports") return true;
  return node.type === "MemberExpression" && nameOf(node["object"]) === "module" && memberName(node) === "exports";
}

function memberName(node: Node): string | null {
  const property = node["property"];
  if (!isNode(property)) return null;
  return property.type === "StringLiteral" ? (property["value"] as string) : nameOf(property);
}

/** Null where only running the file could show it. */
function exportedNames({ program }: Source): string[] | null {
  const names: string[] = [];
  for (const statement of program["body"] as Node[]) {
    if (statement.type === "ExportAllDeclaration" || statement.type === "TSExportAssignment") return null;
    if (statement.type === "ExportDefaultDeclaration") names.push("default");
    if (statement.type !== "ExportNamedDeclaration" || statement["exportKind"] === "type") continue;
    for (const specifier of statement["specifiers"] as Node[]) {
      const name = specifier["exported"];
      names.push(nameOf(name) ?? (isNode(name) ? String(name["value"]) : ""));
    }
    const declaration = statement["declaration"];
    if (!isNode(declaration)) continue;
    const declarators = (declaration["declarations"] as Node[] | undefined) ?? [declaration];
    names.push(...declarators.map(({ id }) => nameOf(id) ?? ""));
  }
  return names;
}
