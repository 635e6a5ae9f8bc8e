/** The author's files that one action is made of: itself and what it imports of its own, read once, and which of their functions are async. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { asyncFunctions } from "./rules/await.ts";
import { isNode, nameOf, readSource } from "./syntax.ts";
import type { Node, Source } from "./syntax.ts";

const SCRIPT = /\.[mc]?[tj]s$/;
const NOT_CODE = /\.(?:d|test|spec|scenario|config|bench)\.[mc]?[tj]s$/;

/** Null for what does not parse. */
export type Sources = ReadonlyMap<string, Source | null>;

export function readSources(action: string): Sources {
  const sources = new Map<string, Source | null>();
  const open = [action];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (sources.has(file)) continue;
    const source = readSource(file);
    sources.set(file, source);
    if (source !== null) open.push(...importsOf(source).map(({ file: imported }) => imported));
  }
  return sources;
}

interface OwnImport {
  readonly file: string;
  readonly statement: Node;
}

function importsOf({ file, program }: Source): OwnImport[] {
  return (program["body"] as Node[]).flatMap((statement) => {
    const from = statement["source"];
    const specifier = isNode(from) ? String(from["value"]) : "";
    if (!/^\.\.?\//.test(specifier)) return [];
    const found = resolveOwn(join(dirname(file), specifier));
    return found === null ? [] : [{ file: found, statement }];
  });
}

function resolveOwn(path: string): string | null {
  const swapped = path.replace(/\.([mc]?)js$/, ".$1ts");
  const endings = ["", ".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.js"];
  const isCode = (each: string): boolean => SCRIPT.test(each) && !NOT_CODE.test(each);
  return [...endings.map((ending) => path + ending), swapped].find((each) => isCode(each) && existsSync(each)) ?? null;
}

/** The file's own async functions, those it imports from its own modules by name, and fetch. */
export function asyncNames(source: Source, sources: Sources): Set<string> {
  const names = asyncFunctions(source);
  if (!source.declared.has("fetch")) names.add("fetch");
  for (const { file, statement } of importsOf(source)) {
    const imported = sources.get(file);
    if (!imported || statement.type !== "ImportDeclaration") continue;
    const asyncThere = asyncFunctions(imported);
    for (const specifier of statement["specifiers"] as Node[]) {
      const local = nameOf(specifier["local"]);
      const isAsync = asyncThere.has(nameOf(specifier["imported"]) ?? "");
      if (local !== null && isAsync && source.declared.get(local) === 1) names.add(local);
    }
  }
  return names;
}
