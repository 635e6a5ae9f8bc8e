/**
 * Names that are nearly right: globals, keys of the context and secrets. JavaScript reads a misspelt key as undefined and says nothing, so
 * a customer may read "Hello undefined". Only near misses count, and secrets that the configuration does not name.
 */
import { nearest } from "../../../../../base/suggest.ts";
import { contextPaths, keyedBy } from "../context-paths.ts";
import { KNOWN_GLOBALS } from "../known-globals.ts";
import type { Report } from "../report.ts";
import { isNode, isWrapper, keyOf, nameOf } from "../syntax.ts";
import type { Node, Place, Source } from "../syntax.ts";

export interface NamesOptions {
  /** Secrets that the configuration names; null where there is no configuration to name them. */
  readonly secrets: readonly string[];
  readonly hasConfig: boolean;
}

export function wrongNames(source: Source, { secrets, hasConfig }: NamesOptions, report: Report): void {
  wrongGlobals(source, report);
  for (const { node, key, level, elsewhere } of contextPaths(source)) {
    const written = level.path === "" ? key : `${level.path}.${key}`;
    const near = nearest(key, level.keys);
    if (elsewhere !== null) report("UNKNOWN_NAME", node, `There is no context.${written}: it is context.${elsewhere}.`);
    else if (near !== null) report("UNKNOWN_NAME", node, `There is no context.${written}: did you mean ${near}?`);
  }
  if (!source.declared.has("secrets")) wrongSecrets(source, secrets, hasConfig, report);
}

function wrongGlobals(source: Source, report: Report): void {
  const declared = declaredHere(source);
  for (const place of source.places) {
    const name = nameOf(place.node);
    if (name === null || declared.has(name) || KNOWN_GLOBALS.has(name) || !isReference(place)) continue;
    const near = nearestGlobal(name);
    if (near !== null) report("UNKNOWN_NAME", place.node, `There is no ${name} here: did you mean ${near}?`);
  }
  for (const [name, members] of Object.entries(MEMBERS)) {
    if (declared.has(name)) continue;
    for (const { node, key } of keyedBy(source, (object) => nameOf(object) === name)) {
      const near = members.includes(key) || key in {} ? null : nearest(key, members);
      if (near !== null) report("UNKNOWN_NAME", node, `There is no ${name}.${key}: did you mean ${near}?`);
    }
  }
}

/** Globals that are there for their members. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  ["Array", "Date", "JSON", "Math", "Number", "Object", "Promise", "Reflect", "String", "console"].map((name) => [
    name,
    Object.getOwnPropertyNames((globalThis as Record<string, unknown>)[name]),
  ]),
);

function nearestGlobal(name: string): string | null {
  // One letter more or less makes too many words of a short one.
  return name.length < 4
    ? null
    : nearest(
        name,
        [...KNOWN_GLOBALS].filter((known) => known.length >= 4),
      );
}

function wrongSecrets(source: Source, secrets: readonly string[], hasConfig: boolean, report: Report): void {
  for (const { node, key } of keyedBy(source, (object) => nameOf(object) === "secrets")) {
    if (secrets.includes(key) || key in {} || key === "toJSON") continue;
    const near = nearest(key, secrets);
    const advice = hasConfig
      ? "name it under secrets in baton.config.json"
      : "baton.config.json names secrets, and there is none";
    report(
      "UNKNOWN_NAME",
      node,
      `There is no secret ${key}: ${near === null ? `${advice}.` : `did you mean ${near}?`}`,
    );
  }
}

/** Names that the file gives a meaning in ways that the other rules need not know. */
function declaredHere({ declared, places }: Source): Set<string> {
  const names = new Set(declared.keys());
  for (const { node } of places) {
    if (
      /^(?:FunctionExpression|ClassExpression|TSDeclareFunction|TSEnumDeclaration|TSModuleDeclaration|TSImportEqualsDeclaration)$/.test(
        node.type,
      )
    ) {
      names.add(nameOf(node["id"]) ?? "");
    }
    // In a script of the old kind, assigning declares.
    if (node.type === "AssignmentExpression") names.add(nameOf(node["left"]) ?? "");
    if (node.type === "TSParameterProperty" || node.type === "LabeledStatement") names.add(nameOf(node["label"]) ?? "");
  }
  return names;
}

/** Whether an identifier reads a variable: it is no key, no label, no part of an import or of a type, and nothing asks first whether it is there. */
function isReference({ node, around }: Place): boolean {
  const outer = around.at(-1);
  if (outer === undefined) return false;
  if (
    around.some(
      (each) =>
        each.type.startsWith("TS") && !isWrapper(each) && !/^TS(?:ExportAssignment|AsExpression)/.test(each.type),
    )
  )
    return false;
  if (outer.type === "UnaryExpression" && outer["operator"] === "typeof") return false;
  if (/^(?:Import|Export)\w*Specifier$/.test(outer.type))
    return outer["local"] === node && outer.type === "ExportSpecifier" && around.at(-2)?.["source"] == null;
  if (/^(?:LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(outer.type)) return false;
  if (outer.type.endsWith("MemberExpression")) return outer["object"] === node || outer["computed"] === true;
  if (outer["key"] === node && outer["computed"] !== true) return outer["shorthand"] === true && isNode(outer["value"]);
  return keyOf(outer) !== null || outer["id"] !== node;
}

export function isPlainScript(file: string): boolean {
  return /\.[mc]?js$/.test(file);
}

export type { Node };
