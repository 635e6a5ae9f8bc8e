/** Actions that export nothing the bot could call. */
import { nearest } from "../../../../../base/suggest.ts";
import type { Report } from "../report.ts";
import { isNode, nameOf } from "../syntax.ts";
import type { Node, Source } from "../syntax.ts";

const ENTRIES = ["execute_action", "executeAction", "default"];

export function entryMissing(source: Source, report: Report): void {
  const exported = exportedNames(source);
  if (exported === null || ENTRIES.some((name) => exported.includes(name))) return;
  const declared = ENTRIES.find((name) => source.declared.has(name));
  const near = exported.map((name) => ({ name, near: nearest(name, ENTRIES.slice(0, 2)) })).find(({ near }) => near);
  const hint = declared
    ? `${declared} is there, but not exported.`
    : near?.near
      ? `did you mean ${near.near} where it says ${near.name}?`
      : "write export function execute_action(context) { … }.";
  report("ENTRY_MISSING", null, `Nothing here can be called as an action: ${hint}`);
}

/** Null where only running the file could show it. */
function exportedNames({ program, text }: Source): string[] | null {
  if (/\bmodule\.exports\b|\bexports\.\w/.test(text)) return null;
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
