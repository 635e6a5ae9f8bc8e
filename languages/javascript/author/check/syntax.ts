/**
 * An action's source as a tree, and the few questions that the rules ask of it. A name counts only where the file gives it one meaning:
 * a rule that cannot be sure stays silent.
 */
import { parse } from "@babel/parser";
import { glanceAt } from "../../../../base/glance.ts";

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };
  readonly [key: string]: unknown;
}

export interface Place {
  readonly node: Node;
  /** The nodes around it, the nearest last. */
  readonly around: readonly Node[];
}

export interface Source {
  readonly file: string;
  readonly text: string;
  readonly program: Node;
  /** Every node, outermost first. */
  readonly places: readonly Place[];
  /** How often each name is declared, in whatever scope. */
  readonly declared: ReadonlyMap<string, number>;
}

/** Null for what cannot be read or parsed; compiling says why. */
export function readSource(file: string): Source | null {
  try {
    const text = glanceAt(file);
    const { program } = parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      plugins: [...(/\.[mc]?js$/.test(file) ? [] : (["typescript"] as const)), "decorators"],
    });
    const places: Place[] = [];
    visit(program as unknown as Node, [], places);
    return { file, text, program: program as unknown as Node, places, declared: countDeclared(places) };
  } catch {
    return null;
  }
}

const NOT_CHILDREN = new Set([
  "loc",
  "extra",
  "leadingComments",
  "trailingComments",
  "innerComments",
  "errors",
  "tokens",
]);

function visit(node: Node, around: readonly Node[], places: Place[]): void {
  places.push({ node, around });
  const inside = [...around, node];
  for (const child of childrenOf(node)) visit(child, inside, places);
}

export function childrenOf(node: Node): Node[] {
  return Object.entries(node)
    .filter(([key]) => !NOT_CHILDREN.has(key))
    .flatMap(([, value]) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode);
}

export function isNode(value: unknown): value is Node {
  return value !== null && typeof value === "object" && typeof (value as { type?: unknown }).type === "string";
}

function countDeclared(places: readonly Place[]): Map<string, number> {
  const names = places.flatMap(({ node }) => {
    switch (node.type) {
      case "FunctionDeclaration":
      case "ClassDeclaration":
        return [...boundNames(node["id"]), ...boundNames(node["params"])];
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ObjectMethod":
      case "ClassMethod":
        return boundNames(node["params"]);
      case "VariableDeclarator":
        return boundNames(node["id"]);
      case "CatchClause":
        return boundNames(node["param"]);
      case "ImportSpecifier":
      case "ImportDefaultSpecifier":
      case "ImportNamespaceSpecifier":
        return boundNames(node["local"]);
      default:
        return [];
    }
  });
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The names that a pattern binds. */
export function boundNames(pattern: unknown): string[] {
  if (Array.isArray(pattern)) return (pattern as unknown[]).flatMap(boundNames);
  if (!isNode(pattern)) return [];
  switch (pattern.type) {
    case "Identifier":
      return [pattern["name"] as string];
    case "AssignmentPattern":
      return boundNames(pattern["left"]);
    case "RestElement":
      return boundNames(pattern["argument"]);
    case "ArrayPattern":
      return boundNames(pattern["elements"]);
    case "ObjectPattern":
      return (pattern["properties"] as Node[]).flatMap((property) =>
        boundNames(property.type === "RestElement" ? property : property["value"]),
      );
    default:
      return [];
  }
}

const WRAPPERS = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "ParenthesizedExpression",
]);

export const isWrapper = (node: Node): boolean => WRAPPERS.has(node.type);

/** Without parentheses and type assertions. */
export function bare(node: Node): Node {
  return isWrapper(node) && isNode(node["expression"]) ? bare(node["expression"]) : node;
}

export function isFunction(node: Node): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ObjectMethod|ClassMethod)$/.test(
    node.type,
  );
}

export function nameOf(node: unknown): string | null {
  return isNode(node) && node.type === "Identifier" ? (node["name"] as string) : null;
}

/** The name of a key that is written out. */
export function keyOf(property: Node): string | null {
  const key = property["key"];
  if (property["computed"] === true || !isNode(key)) return null;
  return key.type === "StringLiteral" ? (key["value"] as string) : nameOf(key);
}

/** What a name that is declared once, as a constant, was set to. */
export function constantValue(source: Source, name: string): Node | null {
  if (source.declared.get(name) !== 1) return null;
  const found = source.places.find(
    ({ node, around }) =>
      node.type === "VariableDeclarator" && nameOf(node["id"]) === name && around.at(-1)?.["kind"] === "const",
  );
  return found !== undefined && isNode(found.node["init"]) ? found.node["init"] : null;
}

/** The texts that an expression can be, as far as they are written out. Both sides of a condition count. */
export function literalTexts(source: Source, expression: Node, depth = 0): string[] {
  if (depth > 8) return [];
  const node = bare(expression);
  const read = (part: unknown): string[] => (isNode(part) ? literalTexts(source, part, depth + 1) : []);
  switch (node.type) {
    case "StringLiteral":
      return [node["value"] as string];
    case "TemplateLiteral": {
      const [only, ...more] = node["quasis"] as Node[];
      return only !== undefined && more.length === 0 ? [cooked(only)] : [];
    }
    case "Identifier": {
      const value = constantValue(source, node["name"] as string);
      return value === null ? [] : read(value);
    }
    case "ConditionalExpression":
      return [...read(node["consequent"]), ...read(node["alternate"])];
    case "LogicalExpression":
      return [...read(node["left"]), ...read(node["right"])];
    case "BinaryExpression": {
      if (node["operator"] !== "+") return [];
      const right = read(node["right"]);
      return read(node["left"]).flatMap((left) => right.map((each) => left + each));
    }
    default:
      return [];
  }
}

/** The text between the placeholders of a template: the least that it will be. */
export function leastText(source: Source, expression: Node): string {
  const node = bare(expression);
  if (node.type === "TemplateLiteral") return (node["quasis"] as Node[]).map(cooked).join("");
  if (node.type === "BinaryExpression" && node["operator"] === "+") {
    return [node["left"], node["right"]].map((side) => (isNode(side) ? leastText(source, side) : "")).join("");
  }
  return literalTexts(source, node)[0] ?? "";
}

function cooked(quasi: Node): string {
  const value = quasi["value"] as { readonly cooked?: string | null; readonly raw: string };
  return value.cooked ?? value.raw;
}
