/**
 * Parts of a request that no route reads. A misspelt filter would list everything, and a header that came twice would be read as one value that
 * its sender never wrote: both are refused, as an unknown key of a body is.
 */
import { z } from "zod";
import { invalid } from "./fault.ts";
import type { Route } from "./routes/route.ts";

/** Probes, scrapers and carriers add parameters of their own, and so do the addresses that MCP clients are configured with. */
const takesAnyQuery = ({ access, foreign }: Route): boolean => access.of === "open" || foreign !== undefined;

const MAX_NAME = 100;

/** The query of a route as the server reads it; undefined where it is not looked at. */
export function querySchema(route: Route): z.ZodObject | undefined {
  if (takesAnyQuery(route)) return route.query;
  const shape = route.query?.shape ?? {};
  const known = Object.keys(shape);
  const there = known.length === 0 ? "this path takes no parameters" : `there are ${known.join(", ")}`;
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `there is no "${(issue.keys[0] ?? "").slice(0, MAX_NAME)}"; ${there}`
        : undefined,
  });
}

/** Of these Node joins what came twice, or keeps the first and says nothing. */
const ONCE = new Set([
  "authorization",
  "baton-deadline",
  "baton-on-disconnect",
  "content-type",
  "idempotency-key",
  "last-event-id",
  "traceparent",
]);

/** `raw` has names and values in turn. */
export function refuseRepeated(raw: readonly string[]): void {
  const seen = new Set<string>();
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) throw invalid(`headers.${name}`, "came more than once");
    seen.add(name);
  }
}
