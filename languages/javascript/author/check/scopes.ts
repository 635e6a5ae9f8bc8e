/** Scopes of a source: which of the nodes around a use gives a name its meaning. A binding is that node and the name. */
import { boundNames, isFunction, isNode, nameOf } from "./syntax.ts";
import type { Node, Source } from "./syntax.ts";

export interface Scopes {
  /** The node that binds `name` for a place with these nodes around it; null where the file does not. */
  scopeOf(name: string, around: readonly Node[]): Node | null;
}

/** Facts about bindings: by the node that binds, and the name. */
export class Bindings<Fact> {
  readonly #facts = new Map<Node, Map<string, Fact>>();

  get(scope: Node | null, name: string): Fact | undefined {
    return scope === null ? undefined : this.#facts.get(scope)?.get(name);
  }

  set(scope: Node, name: string, fact: Fact): void {
    const names = this.#facts.get(scope) ?? new Map<string, Fact>();
    names.set(name, fact);
    this.#facts.set(scope, names);
  }

  get size(): number {
    return [...this.#facts.values()].reduce((sum, names) => sum + names.size, 0);
  }
}

const BLOCKS = /^(?:Program|BlockStatement|For(?:In|Of)?Statement|SwitchStatement|StaticBlock|CatchClause)$/;

const isBlock = (node: Node): boolean => BLOCKS.test(node.type) || isFunction(node);
const isBody = (node: Node): boolean => node.type === "Program" || node.type === "StaticBlock" || isFunction(node);

export function scopesOf({ places }: Source): Scopes {
  const bound = new Bindings<true>();
  const bind = (scope: Node | undefined, pattern: unknown): void => {
    if (scope === undefined) return;
    for (const name of boundNames(pattern)) bound.set(scope, name, true);
  };
  for (const { node, around } of places) {
    if (isFunction(node)) bind(node, node["params"]);
    if (/^(?:Function|Class)Declaration$/.test(node.type)) bind(around.findLast(isBlock), node["id"]);
    if (/^(?:Function|Class)Expression$/.test(node.type)) bind(node, node["id"]);
    if (node.type === "CatchClause") bind(node, node["param"]);
    if (/^Import\w*Specifier$/.test(node.type)) bind(around[0], node["local"]);
    if (node.type === "VariableDeclarator")
      bind(around.findLast(around.at(-1)?.["kind"] === "var" ? isBody : isBlock), node["id"]);
  }
  return {
    scopeOf: (name, around) => around.findLast((each) => bound.get(each, name) === true) ?? null,
  };
}

/** The function that each name of a source stands for, where it stands for one that is written out. */
export function functionsByName({ places }: Source, scopes: Scopes): Bindings<Node> {
  const functions = new Bindings<Node>();
  for (const { node, around } of places) {
    const name = nameOf(node["id"]);
    const made = node.type === "VariableDeclarator" ? node["init"] : node;
    if (name === null || !isNode(made) || !isFunction(made)) continue;
    const scope = scopes.scopeOf(name, around);
    if (scope !== null) functions.set(scope, name, made);
  }
  return functions;
}
