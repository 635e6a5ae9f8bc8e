/** Hand-offs that reach no human, because what is passed first is not the context. */
import { handOffCalls, isNothing } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { bare, isFunction, keyOf, nameOf } from "../syntax.ts";
import type { Node, Source } from "../syntax.ts";

const PARTS = new Set(["args", "conversation", "customer", "business", "browser_session", "messages"]);
const NEVER = new Set(["StringLiteral", "TemplateLiteral", "NumericLiteral", "BooleanLiteral", "ArrayExpression"]);

export function contextNotPassed(source: Source, report: Report): void {
  for (const { node, args, hasSpread } of handOffCalls(source)) {
    const [first] = args;
    if (first === undefined && hasSpread) continue;
    const what = first === undefined ? "nothing" : wrongContext(bare(first));
    if (what === null) continue;
    const text = `hand_off_conversation gets ${what} where the context belongs, so nobody would be called: pass the context that execute_action received.`;
    report("CONTEXT_NOT_PASSED", first ?? node, text);
  }
}

function wrongContext(node: Node): string | null {
  if (isNothing(node)) return "nothing";
  if (NEVER.has(node.type)) return node.type === "ArrayExpression" ? "a list" : "a plain value";
  if (isFunction(node)) return "a function";
  if (node.type === "ObjectExpression") return hasConversation(node) ? null : "an object without conversation";
  if (node.type !== "MemberExpression" || node["computed"] === true) return null;
  const part = nameOf(node["property"]);
  const owner = nameOf(node["object"]);
  return part !== null && PARTS.has(part) && owner !== null && /^(?:context|ctx)$/i.test(owner)
    ? `a part of the context (${part})`
    : null;
}

function hasConversation(node: Node): boolean {
  return (node["properties"] as Node[]).some(
    (property) =>
      property.type === "SpreadElement" || keyOf(property) === "conversation" || property["computed"] === true,
  );
}
