/** The names rule alone, for a session that shows what is nearly right in an action as soon as it is saved. */
import { dirname } from "node:path";
import { findConfig, readConfig } from "../config.ts";
import type { Finding } from "./finding.ts";
import { reportInto } from "./report.ts";
import { wrongNames } from "./rules/names.ts";
import { readSource } from "./syntax.ts";

export async function nameFindings(file: string): Promise<Finding[]> {
  const source = readSource(file);
  const config = source === null ? null : await readConfig(dirname(file));
  if (source === null || config === null) return [];
  const findings: Finding[] = [];
  const hasConfig = findConfig(dirname(file)) !== null;
  wrongNames(source, { secrets: Object.keys(config.secrets ?? {}), hasConfig }, reportInto(findings, source));
  return findings;
}
