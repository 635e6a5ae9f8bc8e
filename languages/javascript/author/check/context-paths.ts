/**
 * Reads of keys of the context that the entry point received: directly, through names that hold a part of it, by taking it apart, in the functions
 * of the file that it is passed to, and in what is done for each item of a list. A name that is set again counts for nothing.
 */
import { Bindings, type Scopes, functionsByName, scopesOf } from "./scopes.ts";
import { bare, boundNames, isFunction, isNode, keyOf, nameOf } from "./syntax.ts";
import type { Node, Source } from "./syntax.ts";

/** The keys that a context has at a place, by its path; a list's items have `[]`. */
const LEVELS: Readonly<Record<string, readonly string[]>> = {
  "": ["conversation", "business", "customer", "args", "browser_session"],
  conversation: ["id", "publicId", "subject", "businessSlug", "initialChannel", "latestChannel", "messages", "call"],
  "conversation.messages[]": ["sender", "timestamp", "content", "channel"],
  "conversation.call": ["id", "from", "to", "provider"],
  business: ["name", "slug"],
};

export interface ContextKey {
  readonly node: Node;
  readonly key: string;
  readonly level: { readonly path: string; readonly keys: readonly string[] };
  /** Where a key of this very name is, if it is on another level. */
  readonly elsewhere: string | null;
}

/** Reads of keys that no context has. */
export function contextPaths(source: Source): ContextKey[] {
  const found = new Map<Node, ContextKey>();
  const read = (node: Node, path: string, key: string): void => {
    const keys = LEVELS[path];
    if (keys === undefined || keys.includes(key) || key in {}) return;
    found.set(node, { node, key, level: { path, keys }, elsewhere: placeOf(key, path) });
  };
  const parts = partsOf(source, read);
  if (parts === null) return [];
  for (const { node, around } of source.places) {
    if (!/^(?:Optional)?MemberExpression$/.test(node.type)) continue;
    const path = pathOf(node["object"], around, parts);
    const key = memberKey(node);
    if (path !== null && key !== null) read(node["property"] as Node, path, key);
  }
  return [...found.values()].sort((a, b) => a.node.start - b.node.start);
}

/** Members of an object that is asked for: `object.key`, `object["key"]`, `{ key } = object`. */
export function keyedBy(
  source: Source,
  isObject: (node: Node) => boolean,
): { readonly node: Node; readonly key: string }[] {
  return source.places.flatMap(({ node }) => {
    if (/^(?:Optional)?MemberExpression$/.test(node.type)) {
      const object = node["object"];
      const key = isNode(object) && isObject(bare(object)) ? memberKey(node) : null;
      return key === null ? [] : [{ node: node["property"] as Node, key }];
    }
    const [pattern, value] = [node["id"], node["init"]];
    if (node.type !== "VariableDeclarator" || !isNode(pattern) || !isNode(value) || !isObject(bare(value))) return [];
    return propertiesOf(pattern).flatMap((property) => {
      const key = keyOf(property);
      return key === null ? [] : [{ node: property, key }];
    });
  });
}

function memberKey(node: Node): string | null {
  const property = node["property"];
  if (!isNode(property)) return null;
  if (node["computed"] !== true) return nameOf(property);
  return property.type === "StringLiteral" ? (property["value"] as string) : null;
}

/** A key that stands on one other level alone is easily looked for on this one. */
function placeOf(key: string, path: string): string | null {
  const others = Object.entries(LEVELS).filter(([level, keys]) => level !== path && keys.includes(key));
  const [only, ...more] = others;
  if (only === undefined || more.length > 0 || ["name", "content", "from", "to", "id"].includes(key)) return null;
  return only[0] === "" ? key : `${only[0].replace("[]", "[…]")}.${key}`;
}

/** Which part of the context each name holds: null where it holds several, or is set again. */
interface Parts {
  readonly scopes: Scopes;
  readonly paths: Bindings<string | null>;
}

/** Rounds in which names are found by names that were found before. */
const MAX_ROUNDS = 8;

/** `read` is called with the keys that patterns take. Null where the entry point takes no context. */
function partsOf(source: Source, read: (node: Node, path: string, key: string) => void): Parts | null {
  const entry = entryOf(source);
  if (entry === null) return null;
  const scopes = scopesOf(source);
  const parts: Parts = { scopes, paths: new Bindings() };
  const functions = functionsByName(source, scopes);
  const bind = (pattern: unknown, path: string, scope: Node | null): void => {
    if (!isNode(pattern) || scope === null) return;
    const plain = pattern.type === "AssignmentPattern" ? (pattern["left"] as Node) : pattern;
    const name = nameOf(plain);
    if (name !== null) {
      const before = parts.paths.get(scope, name);
      parts.paths.set(scope, name, before === undefined || before === path ? path : null);
    }
    if (plain.type === "ArrayPattern")
      for (const item of plain["elements"] as readonly unknown[]) bind(item, `${path}[]`, scope);
    for (const property of propertiesOf(plain)) {
      const key = keyOf(property);
      if (key === null) continue;
      read(property, path, key);
      bind(property["value"], join(path, key), scope);
    }
  };
  for (const { node, around } of source.places) {
    const name = node.type === "AssignmentExpression" ? nameOf(node["left"]) : null;
    const scope = name === null ? null : scopes.scopeOf(name, around);
    if (name !== null && scope !== null) parts.paths.set(scope, name, null);
  }
  bind((entry["params"] as Node[])[0], "", entry);
  for (let round = 0, size = -1; round < MAX_ROUNDS && parts.paths.size > size; round++) {
    ({ size } = parts.paths);
    for (const { node, around } of source.places) {
      if (node.type === "VariableDeclarator") {
        const path = pathOf(node["init"], around, parts);
        if (path !== null) bind(node["id"], path, scopeOfPattern(node["id"], around, scopes));
      }
      if (node.type === "ForOfStatement") bindItem(node, around, parts, bind);
      if (/^(?:Optional)?CallExpression$/.test(node.type)) bindArguments(node, around, { parts, functions, bind });
    }
  }
  return parts;
}

type Bind = (pattern: unknown, path: string, scope: Node | null) => void;

/** A pattern's names are bound together. */
function scopeOfPattern(pattern: unknown, around: readonly Node[], scopes: Scopes): Node | null {
  const [name] = boundNames(pattern);
  return name === undefined ? null : scopes.scopeOf(name, around);
}

function bindItem(node: Node, around: readonly Node[], parts: Parts, bind: Bind): void {
  const path = pathOf(node["right"], around, parts);
  const declarators = isNode(node["left"]) ? (node["left"]["declarations"] as Node[] | undefined) : undefined;
  const [declarator] = declarators ?? [];
  if (path !== null && declarator !== undefined) bind(declarator["id"], `${path}[]`, node);
}

/** Which parameter of a list's method gets an item. */
const ITEM_OF: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    ["map", "filter", "forEach", "some", "every", "find", "findLast", "findIndex", "findLastIndex", "flatMap"].map(
      (name) => [name, [0]],
    ),
  ),
  reduce: [1],
  reduceRight: [1],
  sort: [0, 1],
  toSorted: [0, 1],
};

function bindArguments(
  node: Node,
  around: readonly Node[],
  { parts, functions, bind }: { readonly parts: Parts; readonly functions: Bindings<Node>; readonly bind: Bind },
): void {
  const callee = bare(node["callee"] as Node);
  const given = node["arguments"] as Node[];
  const functionOf = (part: Node): Node | undefined => {
    const plain = bare(part);
    const name = nameOf(plain);
    return isFunction(plain)
      ? plain
      : name === null
        ? undefined
        : functions.get(parts.scopes.scopeOf(name, around), name);
  };
  const called = functionOf(callee);
  if (called !== undefined) {
    for (const [at, argument] of given.entries()) {
      const path = pathOf(argument, around, parts);
      if (path !== null) bind((called["params"] as Node[])[at], path, called);
    }
  }
  if (!callee.type.endsWith("MemberExpression")) return;
  const items = ITEM_OF[memberKey(callee) ?? ""];
  const list = items === undefined ? null : pathOf(callee["object"], around, parts);
  const callback = given[0] === undefined ? undefined : functionOf(given[0]);
  if (list === null || callback === undefined) return;
  for (const at of items!) bind((callback["params"] as Node[])[at], `${list}[]`, callback);
}

function propertiesOf(pattern: Node): Node[] {
  if (pattern.type !== "ObjectPattern") return [];
  return (pattern["properties"] as Node[]).filter(({ type }) => type === "ObjectProperty");
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

const ONE_OF_LIST = /^(?:at|find|findLast|pop|shift)$/;
const SAME_LIST = /^(?:filter|slice|sort|toSorted|reverse|toReversed|concat)$/;

function pathOf(value: unknown, around: readonly Node[], parts: Parts): string | null {
  if (!isNode(value)) return null;
  const node = bare(value);
  const name = nameOf(node);
  if (name !== null) return parts.paths.get(parts.scopes.scopeOf(name, around), name) ?? null;
  if (node.type === "LogicalExpression") return pathOf(node["left"], around, parts);
  if (/^(?:Optional)?CallExpression$/.test(node.type)) {
    const callee = node["callee"];
    if (!isNode(callee) || !callee.type.endsWith("MemberExpression")) return null;
    const list = pathOf(callee["object"], around, parts);
    const method = memberKey(callee) ?? "";
    if (list === null || !(`${list}[]` in LEVELS)) return null;
    return ONE_OF_LIST.test(method) ? `${list}[]` : SAME_LIST.test(method) ? list : null;
  }
  if (!/^(?:Optional)?MemberExpression$/.test(node.type)) return null;
  const path = pathOf(node["object"], around, parts);
  if (path === null) return null;
  const key = memberKey(node);
  if (key !== null) return join(path, key);
  return node["computed"] === true && `${path}[]` in LEVELS ? `${path}[]` : null;
}

/** The function that is the entry point; null where none is written out. */
function entryOf(source: Source): Node | null {
  return source.places.find(({ node, around }) => isFunction(node) && isEntry(node, around))?.node ?? null;
}

const ENTRIES = new Set(["execute_action", "executeAction"]);

function isEntry(node: Node, around: readonly Node[]): boolean {
  const outer = around.at(-1);
  if (outer === undefined) return false;
  if (ENTRIES.has(nameOf(node["id"]) ?? "") || outer.type === "ExportDefaultDeclaration") return true;
  if (outer.type === "VariableDeclarator") return ENTRIES.has(nameOf(outer["id"]) ?? "");
  const left = outer.type === "AssignmentExpression" ? outer["left"] : null;
  return (
    isNode(left) &&
    left.type === "MemberExpression" &&
    (ENTRIES.has(nameOf(left["property"]) ?? "") || nameOf(left["property"]) === "exports")
  );
}
