/**
 * Hints for entry points: what was exported in the place of an entry point, or is one and not exported: said where an action has none. A light scan, not
 * a parser.
 */
import { editDistance, nearest } from "../../../base/suggest.ts";
import { type Mapped, positionsOf } from "./stack.ts";

const ENTRY = ["execute_action", "executeAction"] as const;
const EXPORTED = [
  /(?:^|[;}])[ \t]*export\s+(?:async\s+)?function(?:\s*\*)?\s*([A-Za-z_$][\w$]*)/gm,
  /(?:^|[;}])[ \t]*export\s+(?:const|let|var|class)\s+([A-Za-z_$][\w$]*)/gm,
  /\bexports\.([A-Za-z_$][\w$]*)\s*=/g,
  /\bexports\[["']([A-Za-z_$][\w$]*)["']\]\s*=/g,
];
/** Lists of names: `export { a, b as c }`, and the object that a CommonJS file exports. */
const LISTS = [/\bexport\s*\{([^{}]*)\}/gm, /\bmodule\.exports\s*=\s*\{([^{}]*)/g];
const DECLARED =
  /^[ \t]*(?:async\s+)?(?:function(?:\s*\*)?\s*|const\s+|let\s+|var\s+)(execute_action|executeAction)\b/m;

export interface Exported {
  /** As it is written. */
  readonly name: string;
  readonly meant: string;
}

/** The exported name that is nearest to an entry point's; null where none is near enough to be meant. */
export function misspeltEntry(source: string): Exported | null {
  for (const name of exportedNames(source)) {
    const meant = entryMeantBy(name);
    if (meant !== null) return { name, meant };
  }
  return null;
}

function exportedNames(source: string): string[] {
  const named = EXPORTED.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]!));
  const listed = LISTS.flatMap((pattern) => [...source.matchAll(pattern)].flatMap((match) => match[1]!.split(",")));
  return [...named, ...listed.map(nameInList)];
}

/** The name that others see: `b` of `a as b`, `a` of `a: b` and `a() { … }`. */
function nameInList(entry: string): string {
  const end = entry.search(/[:(]/);
  const words = (end === -1 ? entry : entry.slice(0, end)).split(/[^\w$]/);
  return words.findLast((word) => word !== "") ?? "";
}

/** Nearer than names usually are by chance: `executeFunction` and `execute_order` are names of their own. */
function entryMeantBy(name: string): string | null {
  if ((ENTRY as readonly string[]).includes(name)) return null;
  const plain = name.replaceAll("_", "").toLowerCase();
  if (editDistance(plain, "executeaction") > 2) return null;
  return name.includes("_") ? ENTRY[0] : (nearest(name, ENTRY) ?? ENTRY[0]);
}

export function entryHint(source: string): string | null {
  const misspelt = misspeltEntry(source);
  if (misspelt !== null) return `did you mean ${misspelt.meant} where it says ${misspelt.name}?`;
  const declared = DECLARED.exec(source)?.[1];
  return declared === undefined ? null : `${declared} is there, but not exported.`;
}

/** The same for a bundle, whose source map carries the entry's text. */
export function entryHintOf(bundle: Mapped & { readonly filename: string }): string | null {
  const source = positionsOf(bundle).contentOf(bundle.filename);
  return source === null ? null : entryHint(source);
}
