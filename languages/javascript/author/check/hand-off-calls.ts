/** The calls of `hand_off_conversation` in a source, with their arguments read as the runtime would. */
import { bare, isNode, keyOf, nameOf } from "./syntax.ts";
import type { Node, Place, Source } from "./syntax.ts";

export interface HandOffCall extends Place {
  /** The arguments that are written out; none after a spread. */
  readonly args: readonly Node[];
  readonly hasSpread: boolean;
  readonly reason: Node | null;
  readonly phone: Node | null;
}

const NAME = "hand_off_conversation";

export function handOffCalls(source: Source): HandOffCall[] {
  // The file has one of its own: a double for a test, perhaps.
  if (source.declared.has(NAME)) return [];
  return source.places.filter(({ node }) => isHandOff(node)).map(readCall);
}

export function isHandOff(node: Node): boolean {
  if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression") return false;
  const callee = node["callee"];
  if (!isNode(callee)) return false;
  if (nameOf(callee) === NAME) return true;
  return (
    callee.type === "MemberExpression" &&
    nameOf(callee["object"]) === "globalThis" &&
    nameOf(callee["property"]) === NAME
  );
}

function readCall(place: Place): HandOffCall {
  const all = place.node["arguments"] as Node[];
  const spread = all.findIndex(({ type }) => type === "SpreadElement");
  const args = spread === -1 ? all : all.slice(0, spread);
  const options = args
    .slice(1, 3)
    .map(bare)
    .find(({ type }) => type === "ObjectExpression");
  const positional = (index: number): Node | null => {
    const node = args[index];
    return node === undefined || bare(node) === options || isNothing(node) ? null : node;
  };
  return {
    ...place,
    args,
    hasSpread: spread !== -1,
    reason: positional(1) ?? optionOf(options, "reason"),
    phone: positional(2) ?? optionOf(options, "phone_destination"),
  };
}

function optionOf(options: Node | undefined, name: string): Node | null {
  const found = (options?.["properties"] as Node[] | undefined)?.find(
    (property) => property.type === "ObjectProperty" && keyOf(property) === name,
  );
  const value = found?.["value"];
  return isNode(value) && !isNothing(value) ? value : null;
}

/** Null, undefined and the empty text mean "not given". */
export function isNothing(expression: Node): boolean {
  const node = bare(expression);
  return (
    node.type === "NullLiteral" ||
    nameOf(node) === "undefined" ||
    (node.type === "StringLiteral" && node["value"] === "")
  );
}
