/**
 * Guarded imports: whether a source is ready for a module that is not there. `try { require("x") } catch {}` says that x is optional: then it throws
 * where it runs, as in Node, instead of failing to compile. Runs in the compile process, and only for sources with a call that cannot be resolved.
 */
import { parse } from "@babel/parser";

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Asked {
  readonly specifier: string;
  /** How the import is spelled, in esbuild's words. */
  readonly kind: string;
  readonly owner: "action" | "package";
}

const CONDITIONAL = /^(?:IfStatement|ConditionalExpression|LogicalExpression|SwitchCase)$/;
const FUNCTION = /Function|^(?:Object|Class)(?:Private)?Method$/;

/**
 * Whether every such call is expected to fail. An author's own calls must say so; in a package it is enough that the call need not be reached when
 * the module loads.
 */
export function isGuarded(text: string, asked: Asked, isTypeScript: boolean): boolean {
  const calls = callsOf(text, asked, isTypeScript);
  return calls.length > 0 && calls.every((around) => isExpected(around, asked));
}

function isExpected(around: readonly Node[], { kind, owner }: Asked): boolean {
  if (isInTry(around) || (kind === "dynamic-import" && hasCatch(around))) return true;
  if (owner === "action") return false;
  return kind === "dynamic-import" || around.some(({ type }) => CONDITIONAL.test(type) || FUNCTION.test(type));
}

function isInTry(around: readonly Node[]): boolean {
  return around.some((node, at) => node.type === "TryStatement" && around[at + 1] === node["block"]);
}

/** `import("x").then(…).catch(…)` */
function hasCatch(around: readonly Node[]): boolean {
  for (let at = around.length - 2; at > 0; at -= 2) {
    const member = around[at];
    if (member?.type !== "MemberExpression" || member["object"] !== around[at + 1]) return false;
    if (around[at - 1]?.type !== "CallExpression" || around[at - 1]?.["callee"] !== member) return false;
    if ((member["property"] as Node)["name"] === "catch") return true;
  }
  return false;
}

/** For each call: the nodes around it, the call itself last. */
function callsOf(text: string, asked: Asked, isTypeScript: boolean): Node[][] {
  const found: Node[][] = [];
  try {
    const { program } = parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      plugins: isTypeScript ? ["typescript", "decorators"] : ["decorators"],
    });
    visit(program as unknown as Node, [], (node, around) => {
      if (isCall(node, asked)) found.push([...around, node]);
    });
  } catch {
    // What cannot be read is not known to be guarded.
  }
  return found;
}

function visit(root: Node, above: readonly Node[], see: (node: Node, around: readonly Node[]) => void): void {
  see(root, above);
  const around = [...above, root];
  for (const value of Object.values(root)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(child)) visit(child, around, see);
  }
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === "object" && typeof (value as { type?: unknown }).type === "string";
}

function isCall(node: Node, { specifier, kind }: Asked): boolean {
  const isImport = node.type === "ImportExpression";
  if (!isImport && node.type !== "CallExpression") return false;
  const given = isImport ? node["source"] : (node["arguments"] as readonly unknown[])[0];
  if (!isNode(given) || textOf(given) !== specifier) return false;
  const callee = node["callee"];
  if (kind === "dynamic-import") return isImport || (isNode(callee) && callee.type === "Import");
  if (!isNode(callee)) return false;
  if (kind === "require-call") return callee["name"] === "require";
  return callee.type === "MemberExpression" && (callee["object"] as Node)["name"] === "require";
}

function textOf(node: Node): string | null {
  if (node.type === "StringLiteral") return String(node["value"]);
  if (node.type !== "TemplateLiteral" || (node["expressions"] as unknown[]).length > 0) return null;
  const [only] = node["quasis"] as { value: { cooked: string } }[];
  return only?.value.cooked ?? null;
}
