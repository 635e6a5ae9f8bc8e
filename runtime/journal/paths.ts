/** Paths into a context, by which a host names what is to be taken out of a recording. Apart, so that reading one loads nothing. */
import { membersOf } from "../../base/large-json/members.ts";
import type { Json } from "../../sandbox/completion.ts";

/** One step down: a key or place, or every one of them. */
export const EVERY = Symbol("every");
export type Step = string | typeof EVERY;

/** A name, a place in brackets, or a key of any characters as JSON text in brackets. */
const STEPS = /(?:^|\.)([^.[\]\s]+)|\[(?:(\*|\d+)|("(?:[^"\\]|\\.)*"))\]/gy;

/** The steps of `conversation.messages[*].content` or of `args["order id"]`; null where it is no path. `*` stands for every key or place. */
export function readPath(path: string): readonly Step[] | null {
  const found = [...path.matchAll(STEPS)];
  const read = found.reduce((length, [whole]) => length + whole.length, 0);
  if (read !== path.length || path.startsWith(".") || found[0]?.[1] === undefined) return null;
  const steps: Step[] = [];
  for (const [, name, place, quoted] of found) {
    const step = quoted === undefined ? (name ?? place) : keyIn(quoted);
    if (step === undefined) return null;
    steps.push(step === "*" && quoted === undefined ? EVERY : step);
  }
  return steps;
}

function keyIn(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

/** Whether anything stands at the path. */
export function standsAt(value: Json, path: string): boolean {
  let at: Json[] = [value];
  for (const step of readPath(path) ?? []) {
    const next: Json[] = [];
    for (const one of at) {
      if (one === null || typeof one !== "object") continue;
      for (const [key, item] of membersOf(one)) if (step === EVERY || step === String(key)) next.push(item);
    }
    at = next;
  }
  return at.length > 0;
}
