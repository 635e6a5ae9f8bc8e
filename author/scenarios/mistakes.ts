/** Mistakes in files that were typed by hand, from a schema's issues: a sentence each, that names the key and offers the nearest. */
import type { z } from "zod";
import { nearest } from "../../base/suggest.ts";
import { visibleLine } from "../text.ts";

export interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly sentence: string;
}

const MOST = 20;

/** `knownKeys` gives the keys that may stand at a path. */
export function sentencesOf(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): Mistake[] {
  return issues
    .flatMap((issue) => flatten(issue))
    .flatMap((issue): Mistake[] => {
      const place = placeOf(issue.path, value);
      const at = (key: string): string => (key === "" ? place.scenario : `${place.scenario}${key}: `);
      if (issue.code !== "unrecognized_keys") {
        return [{ path: issue.path, sentence: `${at(place.key)}${issue.message.replace(/\.$/, "")}.` }];
      }
      return issue.keys.map((unknown) => {
        const near = nearest(unknown, knownKeys(issue.path));
        const key = visibleLine(place.key === "" ? unknown : `${place.key}.${unknown}`);
        const end = near === null ? "." : `: did you mean ${near}?`;
        return { path: [...issue.path, unknown], sentence: `${place.scenario}there is no key ${key}${end}` };
      });
    });
}

/** The branch of a union that the value came nearest to says more than the union itself. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const branches = issue.errors.filter((errors) =>
    errors.every((each) => each.path.length > 0 || each.code === "unrecognized_keys"),
  );
  const [deepest] = branches.toSorted((left, right) => left.length - right.length);
  if (deepest === undefined || deepest.length === 0) return [issue];
  return deepest.flatMap((each) => flatten({ ...each, path: [...issue.path, ...each.path] } as z.core.$ZodIssue));
}

/** In a list of scenarios, which one: by its name where it has one. */
function placeOf(path: readonly PropertyKey[], value: unknown): { readonly scenario: string; readonly key: string } {
  if (!Array.isArray(value) || typeof path[0] !== "number") return { scenario: "", key: visibleLine(path.join(".")) };
  const [index, ...rest] = path;
  const name = (value[index] as { readonly name?: unknown } | null)?.name;
  const which = typeof name === "string" && name !== "" ? ` (${visibleLine(name.slice(0, 80))})` : "";
  return { scenario: `scenario ${index + 1}${which}: `, key: visibleLine(rest.join(".")) };
}

/** One mistake goes on the line, several below it. */
export function tellMistakes(head: string, mistakes: readonly Mistake[]): string {
  const [only, ...more] = mistakes;
  if (more.length === 0) return `${head}: ${only?.sentence ?? "it cannot be read."}`;
  const shown = mistakes.slice(0, MOST).map(({ sentence }) => `  ${sentence}`);
  const rest = mistakes.length > MOST ? [`  and ${mistakes.length - MOST} more.`] : [];
  return [`${head} has ${mistakes.length} mistakes:`, ...shown, ...rest].join("\n");
}
