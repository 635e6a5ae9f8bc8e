/** Calls of async functions whose promise is used as if it were the value, or dropped before it settled. */
import { isHandOff } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { isFunction, isNode, isWrapper, nameOf } from "../syntax.ts";
import type { Node, Place, Source } from "../syntax.ts";

type Use = "promise" | "value" | "dropped";

const SETTLING = new Set(["then", "catch", "finally"]);
const CONVERTING = new Set(["String", "Number", "Boolean"]);

/** `asyncNames` are functions of this file and of its own imports that return promises. */
export function awaitMissing(source: Source, asyncNames: ReadonlySet<string>, report: Report): void {
  for (const place of source.places) {
    const name = place.node.type === "CallExpression" ? nameOf(place.node["callee"]) : null;
    if (name === null || !asyncNames.has(name)) continue;
    const use = useOf(place, source);
    if (use === "promise") continue;
    const what =
      use === "dropped"
        ? `Nothing waits for ${name}(): the run may end before it has done its work, and its errors are lost`
        : `${name}() is async, so this is a promise and not its value`;
    report("AWAIT_MISSING", place.node, `${what}. Write await ${name}(…).`);
  }
}

function useOf({ node, around }: Place, source: Source): Use {
  let index = around.length - 1;
  let inner = node;
  while (index >= 0 && isWrapper(around[index]!)) inner = around[index--]!;
  const outer = around[index];
  if (outer === undefined) return "promise";
  switch (outer.type) {
    case "ExpressionStatement":
      return "dropped";
    case "MemberExpression":
    case "OptionalMemberExpression":
      if (outer["object"] !== inner) return "promise";
      return SETTLING.has(nameOf(outer["property"]) ?? "") ? "promise" : "value";
    case "BinaryExpression":
    case "TemplateLiteral":
    case "SpreadElement":
      return "value";
    case "UnaryExpression":
      return outer["operator"] === "!" ? "value" : "promise";
    case "IfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ConditionalExpression":
      return outer["test"] === inner ? "value" : "promise";
    case "ForOfStatement":
      return outer["right"] === inner && outer["await"] !== true ? "value" : "promise";
    case "CallExpression":
      return isConverted(outer, inner) ? "value" : "promise";
    case "ObjectProperty":
      return isReturned(around.slice(0, index)) ? "value" : "promise";
    case "VariableDeclarator":
      return useOfVariable(outer, around.slice(0, index), source);
    default:
      return "promise";
  }
}

/** Turned into text or a number, or given as a reason. */
function isConverted(call: Node, argument: Node): boolean {
  if (call["callee"] === argument) return true;
  if (isHandOff(call)) return true;
  const callee = call["callee"];
  if (isNode(callee) && callee.type === "MemberExpression") return nameOf(callee["object"]) === "JSON";
  return CONVERTING.has(nameOf(callee) ?? "");
}

/** Part of an object that is returned: JSON writes a promise as {}. */
function isReturned(around: readonly Node[]): boolean {
  const outer = around.findLast(({ type }) => !/^(?:ObjectExpression|ObjectProperty|ArrayExpression)$/.test(type));
  return outer?.type === "ReturnStatement";
}

function useOfVariable(declarator: Node, around: readonly Node[], source: Source): Use {
  const target = declarator["id"];
  if (isNode(target) && (target.type === "ObjectPattern" || target.type === "ArrayPattern")) return "value";
  const name = nameOf(target);
  if (name === null || source.declared.get(name) !== 1 || around.length === 0) return "promise";
  const uses = source.places
    .filter(({ node }) => nameOf(node) === name && node !== target)
    .map((place) => (isKey(place) ? null : useOf(place, source)))
    .filter((use) => use !== null);
  if (uses.length === 0 && around.some(isFunction) && !name.startsWith("_")) return "dropped";
  // One proper use is enough: what else is done with it then may be meant.
  return uses.length > 0 && uses.every((use) => use === "value") ? "value" : "promise";
}

/** `x` in `other.x` and `{ x: 1 }` is no use of the variable x. */
function isKey({ node, around }: Place): boolean {
  const outer = around.at(-1);
  if (outer === undefined || outer["computed"] === true) return false;
  if (outer.type.endsWith("MemberExpression")) return outer["property"] === node;
  return outer.type === "ObjectProperty" && outer["key"] === node && outer["shorthand"] !== true;
}

/** The async functions that a file declares by name, once. */
export function asyncFunctions(source: Source): Set<string> {
  const names = new Set<string>();
  for (const { node } of source.places) {
    const made = node.type === "VariableDeclarator" ? node["init"] : node;
    const name = nameOf(node["id"]);
    const isDeclared = node.type === "FunctionDeclaration" || (isNode(made) && made !== node && isFunctionValue(made));
    if (isDeclared && isNode(made) && made["async"] === true && name !== null) names.add(name);
  }
  return new Set([...names].filter((name) => source.declared.get(name) === 1));
}

const isFunctionValue = ({ type }: Node): boolean =>
  type === "ArrowFunctionExpression" || type === "FunctionExpression";
