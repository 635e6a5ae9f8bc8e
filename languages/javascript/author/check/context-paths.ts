/**
 * Where a source reads keys of the context that the entry point received: directly, through constants that hold a part of it, and by taking
 * it apart. A name counts only where the file declares it once.
 */
import { bare, isFunction, isNode, keyOf, nameOf } from "./syntax.ts";
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
  const found: ContextKey[] = [];
  const read = (node: Node, path: string, key: string): void => {
    const keys = LEVELS[path];
    if (keys === undefined || keys.includes(key) || key in {}) return;
    found.push({ node, key, level: { path, keys }, elsewhere: placeOf(key, path) });
  };
  const names = partsByName(source, read);
  if (names.size === 0) return found;
  for (const { node } of source.places) {
    if (!/^(?:Optional)?MemberExpression$/.test(node.type)) continue;
    const path = pathOf(node["object"], names);
    const key = memberKey(node);
    if (path !== null && key !== null) read(node["property"] as Node, path, key);
  }
  return found;
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

/** Which part of the context each constant of the file holds; `read` is called with the keys that patterns take. */
function partsByName(source: Source, read: (node: Node, path: string, key: string) => void): Map<string, string> {
  const names = new Map<string, string>();
  const once = (name: string | null): name is string => name !== null && source.declared.get(name) === 1;
  const entry = entryParameter(source);
  if (entry === null) return names;
  const name = nameOf(entry);
  if (once(name)) names.set(name, "");
  const bind = (pattern: unknown, path: string): void => {
    if (!isNode(pattern)) return;
    if (once(nameOf(pattern))) names.set(nameOf(pattern)!, path);
    for (const property of propertiesOf(pattern)) {
      const value = property["value"];
      const target = isNode(value) && value.type === "AssignmentPattern" ? value["left"] : value;
      const key = keyOf(property);
      if (key === null) continue;
      read(property, path, key);
      bind(target, join(path, key));
    }
  };
  bind(entry, "");
  for (const { node } of source.places) {
    if (node.type === "VariableDeclarator") {
      const path = pathOf(node["init"], names);
      if (path !== null) bind(node["id"], path);
    }
    if (node.type === "ForOfStatement") {
      const path = pathOf(node["right"], names);
      const [declarator] =
        (isNode(node["left"]) ? (node["left"]["declarations"] as Node[] | undefined) : undefined) ?? [];
      if (path !== null && declarator !== undefined) bind(declarator["id"], `${path}[]`);
    }
  }
  return names;
}

function propertiesOf(pattern: Node): Node[] {
  if (pattern.type !== "ObjectPattern") return [];
  return (pattern["properties"] as Node[]).filter(({ type }) => type === "ObjectProperty");
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

function pathOf(value: unknown, names: ReadonlyMap<string, string>): string | null {
  if (!isNode(value)) return null;
  const node = bare(value);
  const name = nameOf(node);
  if (name !== null) return names.get(name) ?? null;
  if (node.type === "LogicalExpression") return pathOf(node["left"], names);
  if (/^(?:Optional)?CallExpression$/.test(node.type)) {
    const callee = node["callee"];
    if (!isNode(callee) || !callee.type.endsWith("MemberExpression")) return null;
    const list = pathOf(callee["object"], names);
    return list !== null && /^(?:at|find|findLast)$/.test(memberKey(callee) ?? "") ? `${list}[]` : null;
  }
  if (!/^(?:Optional)?MemberExpression$/.test(node.type)) return null;
  const path = pathOf(node["object"], names);
  if (path === null) return null;
  const key = memberKey(node);
  if (key !== null) return join(path, key);
  return node["computed"] === true && `${path}[]` in LEVELS ? `${path}[]` : null;
}

/** The first parameter of the entry point: a name or a pattern; null where there is none. */
function entryParameter(source: Source): Node | null {
  for (const { node, around } of source.places) {
    if (!isFunction(node) || !isEntry(node, around)) continue;
    const [first] = node["params"] as Node[];
    return first === undefined ? null : first.type === "AssignmentPattern" ? (first["left"] as Node) : first;
  }
  return null;
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
