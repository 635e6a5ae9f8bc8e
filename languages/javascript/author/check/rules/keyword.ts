/**
 * Calls in Python's spelling, `hand_off_conversation(context, phone_destination="+1…")`. In JavaScript that sets a variable and passes its value by
 * position: a number that was meant for the call becomes the reason, or the run ends because there is no such variable.
 */
import { handOffCalls } from "../hand-off-calls.ts";
import type { Report } from "../report.ts";
import { bare, nameOf } from "../syntax.ts";
import type { Node, Source } from "../syntax.ts";

export function keywordArgument(source: Source, report: Report): void {
  for (const { args } of handOffCalls(source)) {
    const keywords = args.map(bare).filter(({ type }) => type === "AssignmentExpression");
    const [first] = keywords;
    if (first === undefined) continue;
    const names = keywords.map((node) => nameOf(node["left"]) ?? "…").join(" and ");
    const text = `JavaScript has no keyword arguments: this sets a variable ${names} and passes the value by its position. Write ${right(args, source)}.`;
    report("KEYWORD_ARGUMENT", first, text);
  }
}

/** The call as it was meant. */
function right(args: readonly Node[], { text }: Source): string {
  const spelled = (node: unknown): string => text.slice((node as Node).start, (node as { end: number }).end);
  let context = "context";
  const positional: string[] = [];
  const options: string[] = [];
  for (const [at, arg] of args.entries()) {
    const node = bare(arg);
    const isKeyword = node.type === "AssignmentExpression";
    const name = isKeyword ? nameOf(node["left"]) : null;
    if (isKeyword && name === "context") context = spelled(node["right"]);
    else if (isKeyword) options.push(`${name ?? "reason"}: ${spelled(node["right"])}`);
    else if (at === 0) context = spelled(node);
    else positional.push(spelled(node));
  }
  return `hand_off_conversation(${[context, ...positional, `{ ${options.join(", ")} }`].join(", ")})`;
}
