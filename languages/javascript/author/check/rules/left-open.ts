/**
 * Work that goes on when the action has returned, so that nothing of it counts: a hand-off in a timer or in a promise that nothing waits for, and
 * loops that cannot wait. What keeps a promise, returns it or awaits it is left alone.
 */
import { isHandOff } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { bare, childrenOf, constantValue, isFunction, isNode, isWrapper, nameOf } from "../syntax.ts";
import type { Node, Place, Source } from "../syntax.ts";

const TIMERS = new Set(["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]);
const CHAINS = new Set(["then", "catch", "finally"]);
const TOGETHER = new Set(["all", "allSettled", "any", "race"]);
const LATE = "the run ends without it, and a hand-off in it comes too late";

export function workLeftOpen(source: Source, asyncNames: ReadonlySet<string>, report: Report): void {
  for (const place of source.places) {
    const message =
      place.node.type === "CallExpression"
        ? leftOpen(place, source, asyncNames)
        : place.node.type === "NewExpression"
          ? leftBehind(place, source)
          : null;
    if (message !== null) report("WORK_LEFT_OPEN", place.node, message);
  }
}

function leftOpen(place: Place, source: Source, asyncNames: ReadonlySet<string>): string | null {
  const { node } = place;
  const callee = bare(node["callee"] as Node);
  const [first] = node["arguments"] as readonly Node[];
  const name = nameOf(callee);
  if (name !== null && TIMERS.has(name) && !source.declared.has(name))
    return first !== undefined && handsOff(first, source) && !isAwaited(place)
      ? `Nothing waits for what ${name} does later: ${LATE}. Call it before returning, or wait with await new Promise((resolve) => setTimeout(resolve, ms)).`
      : null;
  if (isFunction(callee) && callee["async"] === true && isDropped(place))
    return `Nothing waits for this async function: ${LATE}. Write await before it, or return it.`;
  if (callee.type !== "MemberExpression") return null;
  const method = nameOf(callee["property"]) ?? "";
  if (method === "forEach" && first !== undefined && isAsync(first, source))
    return `forEach does not wait for an async function: ${LATE}. Write for (const item of list) { await … }, or await Promise.all(list.map(async …)).`;
  if (!isDropped(place)) return null;
  if (nameOf(callee["object"]) === "Promise" && TOGETHER.has(method))
    return `Nothing waits for these promises: ${LATE}. Write await before Promise.${method}(…), or return it.`;
  if (/^(?:map|flatMap|filter)$/.test(method) && first !== undefined && isAsync(first, source))
    return `Nothing waits for these promises: ${LATE}. Write await Promise.all(…) around it.`;
  if (CHAINS.has(method) && (handsOff(node, source) || startsWork(callee, asyncNames)))
    return `Nothing waits for this promise: ${LATE}. Write await before it, or return it.`;
  return null;
}

/** `new Promise(…)` as a statement of its own: what its function does later. */
function leftBehind(place: Place, source: Source): string | null {
  const [first] = place.node["arguments"] as readonly Node[];
  if (nameOf(place.node["callee"]) !== "Promise" || first === undefined || !isDropped(place)) return null;
  const isLate = isAsync(first, source) || handsOff(first, source);
  return isLate ? `Nothing waits for this promise: ${LATE}. Write await before it, or return it.` : null;
}

/** A statement of its own; `void` says that it is meant. */
function isDropped({ node, around }: Place): boolean {
  let index = around.length - 1;
  while (index >= 0 && isWrapper(around[index]!)) index--;
  const outer = around[index];
  return outer?.type === "ExpressionStatement" && bare(outer["expression"] as Node) === node;
}

/** Inside `new Promise(…)`, which something may wait for. */
function isAwaited({ around }: Place): boolean {
  return around.some((outer) => outer.type === "NewExpression" && nameOf(outer["callee"]) === "Promise");
}

function isAsync(node: Node, source: Source): boolean {
  return functionOf(node, source)?.["async"] === true;
}

/** The function that is written out, or that a name stands for. */
function functionOf(expression: Node, source: Source): Node | null {
  const node = bare(expression);
  if (isFunction(node)) return node;
  const name = nameOf(node);
  if (name === null || source.declared.get(name) !== 1) return null;
  const declared = source.places.find(
    (place) => place.node.type === "FunctionDeclaration" && nameOf(place.node["id"]) === name,
  );
  const value = declared?.node ?? constantValue(source, name);
  return value !== null && isFunction(value) ? value : null;
}

/** Whether it calls hand_off_conversation, by itself or by a function of this file. */
function handsOff(node: Node, source: Source, depth = 0): boolean {
  if (depth > 3) return false;
  const own = functionOf(node, source);
  return hasCall(own ?? node, source, depth);
}

function hasCall(node: Node, source: Source, depth: number): boolean {
  if (isHandOff(node)) return true;
  if (nameOf(node) === "hand_off_conversation") return true;
  if (node.type === "CallExpression") {
    const called = [node["callee"], ...(node["arguments"] as unknown[])].filter(isNode);
    if (called.some((part) => nameOf(part) !== null && handsOff(part, source, depth + 1))) return true;
  }
  return childrenOf(node).some((child) => hasCall(child, source, depth));
}

/** `fetch(…).then(…)` and the like, whatever is done with the answer. */
function startsWork(member: Node, asyncNames: ReadonlySet<string>): boolean {
  let inner = bare(member["object"] as Node);
  while (inner.type === "CallExpression") {
    const callee = bare(inner["callee"] as Node);
    const name = nameOf(callee);
    if (name !== null) return asyncNames.has(name);
    if (callee.type !== "MemberExpression") return false;
    inner = bare(callee["object"] as Node);
  }
  return false;
}
