/** Answers of the network as the page sends them, held to the very schema that scenario files are held to. */
import { readScenarios } from "../../author/scenarios/scenario.ts";
import type { CannedAnswer } from "../../author/scenarios/scenario.ts";
import type { Json } from "../../runtime/index.ts";
import { badRequest } from "./route.ts";

export function answersOf(http: readonly Json[]): readonly CannedAnswer[] {
  const read = readScenarios({ http });
  if (read.ok) return read.scenarios[0]?.http ?? [];
  throw badRequest(read.mistakes.map(({ sentence }) => sentence).join(" "));
}
