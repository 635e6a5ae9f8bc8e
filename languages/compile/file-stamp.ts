/**
 * A short text that differs when a file has changed; null when there is no such file. Cached bundles keep the stamps of all that
 * they were made from, files that were looked for in vain included, and are valid as long as every stamp is the same.
 */
import { statSync } from "node:fs";
import type { BigIntStats } from "node:fs";

export interface FileStamp {
  readonly path: string;
  readonly stamp: string | null;
}

export function stampOf(path: string): string | null {
  try {
    return stampText(statSync(path, { bigint: true }));
  } catch {
    return null;
  }
}

export function stampText(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}
