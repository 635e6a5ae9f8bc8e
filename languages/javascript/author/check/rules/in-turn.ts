/**
 * Promises that are started together and awaited one after the other. While the first is awaited nothing handles the others: one that fails
 * meanwhile ends the run, past every try around its own await.
 */
import type { Report } from "../report.ts";
import { bare, isFunction, isNode, nameOf } from "../syntax.ts";
import type { Node, Place, Source } from "../syntax.ts";

interface Started {
  readonly name: string;
  readonly at: number;
  readonly awaitedAt: number;
  readonly node: Node;
  readonly within: Node | undefined;
}

export function awaitedInTurn(source: Source, report: Report): void {
  const all = source.places.flatMap((place) => startedIn(place, source)).sort((a, b) => a.awaitedAt - b.awaitedAt);
  const reported = new Set<Started>();
  for (const [index, first] of all.entries()) {
    // Started before the first was awaited, and awaited after it.
    const others = all.slice(index + 1).filter(({ at, within }) => within === first.within && at < first.awaitedAt);
    for (const other of others) {
      if (reported.has(other)) continue;
      reported.add(other);
      const text = `${other.name} is started before ${first.name} is awaited, and awaited after it: if it fails meanwhile, nothing handles that and the run ends. Write const [${first.name}, ${other.name}] = await Promise.all([…]).`;
      report("AWAITED_IN_TURN", other.node, text);
    }
  }
}

/** `const name = call(…)` whose only use is `await name`. */
function startedIn({ node, around }: Place, source: Source): Started[] {
  const name = node.type === "VariableDeclarator" ? nameOf(node["id"]) : null;
  const made = node["init"];
  if (name === null || !isNode(made) || bare(made).type !== "CallExpression") return [];
  if (source.declared.get(name) !== 1) return [];
  const uses = source.places.filter((place) => nameOf(place.node) === name && place.node !== node["id"]);
  const [use] = uses;
  if (use === undefined || uses.length > 1) return [];
  const awaiting = use.around.at(-1);
  const within = around.findLast(isFunction);
  if (awaiting?.type !== "AwaitExpression" || use.around.findLast(isFunction) !== within) return [];
  return [{ name, at: node.start, awaitedAt: awaiting.start, node, within }];
}
