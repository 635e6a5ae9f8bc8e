/** Where the built files of the far side lie, from the sources and from the published package alike. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL(import.meta.url.endsWith(".ts") ? "../dist/assets/" : "../assets/", import.meta.url);

export function assetPath(name: string): string {
  return fileURLToPath(new URL(name, folder));
}

export function readAsset(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** The guest scripts that load on demand, by name. */
export function readParts(): Record<string, string> {
  const parts = new URL("parts/", folder);
  if (!existsSync(parts)) return {};
  const names = readdirSync(parts).filter((name) => name.endsWith(".js"));
  return Object.fromEntries(names.map((name) => [name.slice(0, -3), readAsset(`parts/${name}`)]));
}
