/**
 * Work that is done after a phone transfer was asked for. The transfer fires when the run ends, however it ends; whatever comes after
 * the call can be cut short by a limit while the customer is connected all the same, and its result is thrown away.
 * A plain return is as it should be, and so is code that looks at the answer of the call.
 */
import { handOffCalls, isHandOff } from "../hand-off-calls.ts";
import type { HandOffCall } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { childrenOf, isFunction, isNode, nameOf } from "../syntax.ts";
import type { Node, Source } from "../syntax.ts";

export function codeAfterTransfer(source: Source, report: Report): void {
  for (const call of handOffCalls(source)) {
    if (call.phone === null) continue;
    const work = firstWorkAfter(call, source);
    if (work === null) continue;
    const what = isHandOff(work)
      ? "A second hand-off changes nothing once the phone transfer was asked for"
      : "This is done after the phone transfer was asked for, and may be cut short while the customer is already connected";
    report("CODE_AFTER_TRANSFER", work, `${what}: do it before, or not at all.`);
  }
}

function firstWorkAfter({ node, around }: HandOffCall, source: Source): Node | null {
  const answer = answerName(around);
  let inner: Node = node;
  for (const outer of [...around].reverse()) {
    if (isFunction(outer)) return null;
    // The answer is looked at right where it is given.
    if (outer.type === "IfStatement" && outer["test"] === inner) return null;
    if (/^(?:ReturnStatement|ThrowStatement|TryStatement|For|While|DoWhile)/.test(outer.type)) return null;
    const list = outer["body"];
    if ((outer.type === "BlockStatement" || outer.type === "Program") && Array.isArray(list)) {
      const statements = list as Node[];
      for (const statement of statements.slice(statements.indexOf(inner) + 1)) {
        if (answer !== null && mentions(statement, answer)) return null;
        const work = findWork(statement, source);
        if (work !== null) return work;
        if (/^(?:Return|Throw|Break|Continue)Statement$/.test(statement.type)) return null;
      }
    }
    inner = outer;
  }
  return null;
}

/** The variable that the answer of the call is put into. */
function answerName(around: readonly Node[]): string | null {
  const holder = around.findLast(({ type }) => type === "VariableDeclarator" || type === "AssignmentExpression");
  const target = holder?.["id"] ?? holder?.["left"];
  if (isNode(target) && target.type === "ObjectPattern") return "success";
  return nameOf(target);
}

function mentions(node: Node, name: string): boolean {
  return nameOf(node) === name || childrenOf(node).some((child) => mentions(child, name));
}

function findWork(node: Node, source: Source): Node | null {
  if (isFunction(node)) return null;
  if (node.type === "AwaitExpression" || isHandOff(node)) return node;
  if (node.type === "CallExpression" && nameOf(node["callee"]) === "fetch" && !source.declared.has("fetch"))
    return node;
  for (const child of childrenOf(node)) {
    const found = findWork(child, source);
    if (found !== null) return found;
  }
  return null;
}
