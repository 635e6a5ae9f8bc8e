/** Packages of the operator: what the operator's folder offers: the packages its package.json names, in the very versions that are installed there. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { HostFault, type PackageSource } from "../runtime/index.ts";

export function readPackages(folder: string | undefined): PackageSource | null {
  if (folder === undefined) return null;
  const root = resolve(folder);
  const { dependencies = {} } = readJson(join(root, "package.json")) as { dependencies?: Record<string, string> };
  const allow: Record<string, string> = {};
  for (const name of Object.keys(dependencies)) {
    const path = join(root, "node_modules", name, "package.json");
    if (!existsSync(path)) throw bad(`${name} is not installed in ${root}`);
    allow[name] = (readJson(path) as { version: string }).version;
  }
  return { folder: root, allow };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw bad(`${path} cannot be read as JSON`);
  }
}

const bad = (why: string): HostFault =>
  new HostFault("SERVICE_CONFIG_INVALID", `The packages setting is not valid: ${why}.`, "never");
