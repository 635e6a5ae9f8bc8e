/**
 * Imports that could not be resolved and that compiling leaves out, because nothing of them is used yet: the first use would not
 * compile. Those that are used are the compiler's to judge. And imports by a name that only the run knows, which reject there.
 */
import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import type { Report } from "../report.ts";
import { COMPUTED_IMPORT } from "../../../errors/hints.ts";
import { isNode, nameOf } from "../syntax.ts";
import type { Node, Source } from "../syntax.ts";

/** As compiling says it of an import that is used. */
const GLOBALS_ADVICE =
  '"baton-runtime" cannot be imported by an action: hand_off_conversation, secrets and fetch are globals, so use them without an import.';

const ENDINGS = [
  "",
  ".ts",
  ".mts",
  ".cts",
  ".js",
  ".mjs",
  ".cjs",
  ".json",
  ".d.ts",
  "/index.ts",
  "/index.js",
  "/index.d.ts",
];

export function importUnresolved(source: Source, packages: readonly string[], report: Report): void {
  for (const statement of source.program["body"] as Node[]) {
    const from = statement["source"];
    if (statement.type !== "ImportDeclaration" || !isNode(from) || isUsed(statement, source)) continue;
    const specifier = String(from["value"]);
    const wrong = /^\.\.?(?:\/|$)/.test(specifier)
      ? missingFile(specifier, source.file)
      : refusedPackage(specifier, packages);
    if (wrong !== null) report(wrong.code, statement, wrong.message);
  }
}

/** What begins with a path or a gap is a pattern, of which the compiler says that it is none. */
export function importComputed(source: Source, report: Report): void {
  for (const { node } of source.places) {
    const isImport =
      node.type === "ImportExpression" ||
      (node.type === "CallExpression" && (node["callee"] as Node).type === "Import");
    if (!isImport) continue;
    const from = node.type === "ImportExpression" ? node["source"] : (node["arguments"] as Node[])[0];
    if (isNode(from) && isComputed(from)) report("IMPORT_REFUSED", node, COMPUTED_IMPORT);
  }
}

function isComputed(from: Node): boolean {
  if (from.type === "StringLiteral") return false;
  if (from.type === "TemplateLiteral" && (from["quasis"] as Node[]).length === 1) return false;
  const begin = beginOf(from);
  const isPattern = from.type === "TemplateLiteral" ? /^(?:$|[./])/ : /^[./]/;
  return begin === null || !isPattern.test(begin);
}

/** The text that it begins with; null where that is computed too. */
function beginOf(from: Node): string | null {
  if (from.type === "StringLiteral") return String(from["value"]);
  if (from.type === "TemplateLiteral") return ((from["quasis"] as Node[])[0]!["value"] as { readonly raw: string }).raw;
  return from.type === "BinaryExpression" ? beginOf(from["left"] as Node) : null;
}

/** Types count as used: TypeScript says whether they are there. */
function isUsed(statement: Node, { places }: Source): boolean {
  if (statement["importKind"] === "type") return true;
  const specifiers = statement["specifiers"] as Node[];
  // An import for its effects is never left out.
  if (specifiers.length === 0) return true;
  const own = new Set(specifiers.flatMap((specifier) => [specifier["local"], specifier["imported"]]));
  const names = new Set(specifiers.map(({ local }) => nameOf(local)));
  return (
    specifiers.some((specifier) => specifier["importKind"] === "type") ||
    places.some(({ node }) => names.has(nameOf(node)) && nameOf(node) !== null && !own.has(node))
  );
}

function missingFile(specifier: string, file: string) {
  const path = join(dirname(file), specifier);
  const spellings = [...ENDINGS.map((ending) => path + ending), path.replace(/\.([mc]?)js$/, ".$1ts")];
  if (spellings.some((each) => existsSync(each))) return null;
  return { code: "IMPORT_NOT_FOUND", message: `"${specifier}" cannot be imported: there is no such file.` };
}

function refusedPackage(specifier: string, packages: readonly string[]) {
  if (specifier === "baton-runtime") return { code: "IMPORT_REFUSED", message: GLOBALS_ADVICE };
  if (specifier.startsWith("baton-runtime")) return null;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (packages.includes(name)) return null;
  const why = isBuiltin(specifier)
    ? "it is built into Node.js, and actions do not run in Node.js."
    : "the package is not on this project's allow-list (packages in baton.config.json).";
  return { code: "IMPORT_REFUSED", message: `"${specifier}" cannot be imported: ${why}` };
}
