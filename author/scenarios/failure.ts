/** A failure of a scenario, and its text without colours: as it is thrown, shown while developing, and written into files. */
import type { Json } from "../../base/json.ts";
import { difference } from "./difference.ts";

export interface Failure {
  /** Which part of the outcome, such as `handoff.reason`. */
  readonly path: string;
  readonly message: string;
  readonly expected?: Json;
  readonly actual?: Json;
}

export function plainFailure({ path, message, expected, actual }: Failure): string {
  if (expected === undefined) return `${path}: ${message}`;
  const lines = difference(expected, actual).map(({ sign, text }) => `  ${sign} ${text}`);
  return [`${path}: ${message}`, "  - expected  + came", ...lines].join("\n");
}
