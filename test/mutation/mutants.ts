/**
 * Mutants of a source file: small changes, each of which a test should notice. All of them are built into one text, switched by a number, so
 * that a process loads the sources once and tries thousands.
 */
import { parse } from "@babel/parser";

export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** What kind of change it is, the text that it changes, and what it makes of it. */
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** Whether it is run while the module loads, and so has to be chosen before. */
  readonly isStatic: boolean;
}

export interface Mutated {
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [key: string]: unknown;
}

interface Change {
  readonly kind: string;
  readonly to: string;
}

/** The switch is a property of the global object: `undefined` tries none. */
export const SWITCH = "__mutant";

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
};
const METHODS: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  min: "max",
  max: "min",
  floor: "ceil",
  ceil: "floor",
};
const ASSIGNMENTS: Readonly<Record<string, string>> = { "+=": "-=", "-=": "+=" };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Types, names and the like hold nothing that runs. */
const isInert = ({ type }: Node): boolean =>
  type.startsWith("TS") && !["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"].includes(type);

function children(node: Node): Node[] {
  return Object.entries(node)
    .filter(([key]) => key !== "loc" && !key.endsWith("Comments"))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is Node => isNode(value) && typeof value.start === "number")
    .sort((a, b) => a.start - b.start);
}

/** `firstId` is the number of the first mutant. */
export function mutate(file: string, source: string, firstId: number): Mutated {
  const mutants: Mutant[] = [];
  const program = parse(source, { sourceType: "module", plugins: ["typescript"] }).program as unknown as Node;
  const textOf = ({ start, end }: Node): string => source.slice(start, end);

  /** In how many functions the node at hand lies. */
  let depth = 0;
  function note(node: Node, { kind, to }: Change): number {
    const id = firstId + mutants.length;
    mutants.push({ id, file, line: node.loc.start.line, kind, from: textOf(node), to, isStatic: depth === 0 });
    return id;
  }
  /** The text of a node with the mutants of all that is in it. */
  function inner(node: Node): string {
    depth += isBody(node) ? 1 : 0;
    let text = "";
    let at = node.start;
    for (const child of children(node)) {
      if (child.start < at) continue;
      text += source.slice(at, child.start) + outer(child, node);
      at = child.end;
    }
    depth -= isBody(node) ? 1 : 0;
    return text + source.slice(at, node.end);
  }
  function outer(node: Node, parent: Node): string {
    if (isInert(node) || node.type.startsWith("Import") || node.type === "ExportAllDeclaration") return textOf(node);
    if (node.type === "BlockStatement" && isBody(parent)) return emptied(node);
    if (isStatement(node)) return skippable(node);
    let text = inner(node);
    for (const change of changesOf(node, parent, textOf)) {
      const id = note(node, change);
      text = `(globalThis.${SWITCH} === ${id} ? ${change.to} : ${text})`;
    }
    return text;
  }
  function emptied(node: Node): string {
    const body = node["body"] as readonly Node[];
    if (body.length < 2) return inner(node);
    const id = note(node, { kind: "body", to: "{}" });
    return `{ if (globalThis.${SWITCH} === ${id}) return; ${inner(node).slice(1)}`;
  }
  /** A call for its effect is left out. */
  function skippable(node: Node): string {
    const id = note(node, { kind: "statement", to: "" });
    return `if (globalThis.${SWITCH} !== ${id}) { ${inner(node)} }`;
  }
  return { source: inner(program), mutants };
}

const isBody = ({ type }: Node): boolean =>
  [
    "FunctionDeclaration",
    "FunctionExpression",
    "ArrowFunctionExpression",
    "ObjectMethod",
    "ClassMethod",
    "ClassPrivateMethod",
  ].includes(type);

function isStatement(node: Node): boolean {
  if (node.type !== "ExpressionStatement") return false;
  const { type } = node["expression"] as Node;
  return ["CallExpression", "AwaitExpression", "YieldExpression", "AssignmentExpression"].includes(type);
}

function changesOf(node: Node, parent: Node, textOf: (node: Node) => string): Change[] {
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression": {
      const [left, right] = [textOf(node["left"] as Node), textOf(node["right"] as Node)];
      const others = OPERATORS[node["operator"] as string] ?? [];
      return [
        ...others.map((operator) => ({ kind: "operator", to: `((${left}) ${operator} (${right}))` })),
        ...conditions(node, parent),
      ];
    }
    case "BooleanLiteral":
      return [{ kind: "boolean", to: String(node["value"] !== true) }];
    case "StringLiteral":
      return isText(node, parent) ? [{ kind: "text", to: node["value"] === "" ? '"mutated"' : '""' }] : [];
    case "TemplateLiteral":
      return parent.type === "TaggedTemplateExpression" ? [] : [{ kind: "text", to: '""' }];
    case "NumericLiteral":
      return isText(node, parent) ? [{ kind: "number", to: `${Number(node["value"]) + 1}` }] : [];
    case "UnaryExpression":
      return node["operator"] === "!" || node["operator"] === "-"
        ? [{ kind: "unary", to: `(${textOf(node["argument"] as Node)})` }]
        : [];
    case "AssignmentExpression": {
      const other = ASSIGNMENTS[node["operator"] as string];
      const [left, right] = [textOf(node["left"] as Node), textOf(node["right"] as Node)];
      return other === undefined ? [] : [{ kind: "assignment", to: `(${left} ${other} ${right})` }];
    }
    case "ArrayExpression":
      return (node["elements"] as unknown[]).length > 0 ? [{ kind: "list", to: "[]" }] : [];
    case "CallExpression":
      return [...calls(node, textOf), ...conditions(node, parent)];
    case "Identifier":
    case "MemberExpression":
      return conditions(node, parent);
    default:
      return [];
  }
}

/** What decides is decided. */
function conditions(node: Node, parent: Node): Change[] {
  if (parent["test"] !== node || !["IfStatement", "ConditionalExpression"].includes(parent.type)) return [];
  return ["true", "false"].map((to) => ({ kind: "condition", to }));
}

function calls(node: Node, textOf: (node: Node) => string): Change[] {
  const callee = node["callee"] as Node;
  if (callee.type !== "MemberExpression") return [];
  const [object, property] = [callee["object"] as Node, callee["property"] as Node];
  const name = property["name"] as string;
  const given = (node["arguments"] as readonly Node[]).map(textOf).join(", ");
  const other = METHODS[name];
  if (other !== undefined) return [{ kind: "method", to: `${textOf(object)}.${other}(${given})` }];
  // What leaves some out leaves none out.
  if (["filter", "slice", "toSorted", "sort", "trim"].includes(name)) return [{ kind: "method", to: textOf(object) }];
  return [];
}

/** A text that is a value, and no key, no directive and no type. */
function isText(node: Node, parent: Node): boolean {
  if (["Directive", "TSLiteralType", "ImportSpecifier", "ExportSpecifier"].includes(parent.type)) return false;
  if (parent.type === "SwitchCase" && parent["test"] === node) return false;
  if (parent["key"] === node || (parent["property"] === node && parent["computed"] !== true)) return false;
  return parent["source"] !== node;
}
