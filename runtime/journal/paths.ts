/** Paths into a context, by which a host names what is to be taken out of a recording. Apart, so that reading one loads nothing. */
import type { Json } from "../../sandbox/completion.ts";

/** The steps of `conversation.messages[*].content`; null where it is no path. `*` stands for every key or place. */
export function readPath(path: string): readonly string[] | null {
  if (!/^[^.[\]\s]+(?:\.[^.[\]\s]+|\[(?:\*|\d+)\])*$/.test(path)) return null;
  return path.split(/[.[]/).map((step) => step.replace(/\]$/, ""));
}

/** Whether anything stands at the path. */
export function standsAt(value: Json, path: string): boolean {
  let at: readonly Json[] = [value];
  for (const key of readPath(path) ?? []) {
    at = at.flatMap((one) => {
      if (one === null || typeof one !== "object") return [];
      return Object.entries(one).flatMap(([own, item]) => (key === "*" || own === key ? [item as Json] : []));
    });
  }
  return at.length > 0;
}
