/** An issue as a clause: what a schema has against a value, as one clause. */
import type { z } from "zod";

/** The first issue as one clause: `conversation.id: expected string, received number`. */
export function firstIssue(error: z.ZodError, at: readonly (string | number)[] = []): string {
  const issue = deepest(error.issues[0]!);
  const path = [...at, ...issue.path].join(".");
  const message = issue.message.replace(/^Invalid input: /, "").replace(/\.$/, "");
  return path === "" ? message : `${path}: ${message}`;
}

/** Inside a union, the issue of the alternative that came furthest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const [nearest] = issue.errors.toSorted((left, right) => left.length - right.length);
  return nearest?.[0] ? { ...nearest[0], path: [...issue.path, ...nearest[0].path] } : issue;
}
