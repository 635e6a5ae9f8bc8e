/** Survivors by name: file, kind and texts, which stay when lines move. */
import type { Mutant } from "./mutants.ts";

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 120);

export function nameOf({ file, kind, from, to }: Mutant): string {
  return `${file} ${kind}: ${oneLine(from)} → ${oneLine(to)}`;
}

/** Each survivor stands in a line of its own, in backticks, under the reason why no test can notice it. */
export function explained(page: string): ReadonlySet<string> {
  return new Set([...page.matchAll(/^- `(.+)`$/gm)].map(([, name]) => name!));
}
