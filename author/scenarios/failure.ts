/** A failure without colours, as it is thrown, shown while developing, and written into files. */
import type { Failure } from "./compare.ts";
import { difference } from "./difference.ts";

export function plainFailure({ path, message, expected, actual }: Failure): string {
  if (expected === undefined) return `${path}: ${message}`;
  const lines = difference(expected, actual).map(({ sign, text }) => `  ${sign} ${text}`);
  return [`${path}: ${message}`, "  - expected  + came", ...lines].join("\n");
}
