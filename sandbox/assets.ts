/** Assets of the sandbox: where the built files of the far side lie, from the sources and from the published package alike. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assetsMissing } from "../base/own-files.ts";

/** Undefined where a bundler made CommonJS of this module. */
const here: string | undefined = import.meta.url;

function assetsFolder(): URL {
  const folder = here && new URL(here.endsWith(".ts") ? "../dist/assets/" : "../assets/", here);
  if (!folder || !existsSync(new URL("worker.cjs", folder))) throw assetsMissing();
  return folder;
}

export function assetPath(name: string): string {
  return fileURLToPath(new URL(name, assetsFolder()));
}

export function readAsset(name: string): string {
  return readFileSync(new URL(name, assetsFolder()), "utf8");
}

/** The guest scripts that load on demand, by name. */
export function readParts(): Record<string, string> {
  const parts = new URL("parts/", assetsFolder());
  if (!existsSync(parts)) return {};
  const names = readdirSync(parts).filter((name) => name.endsWith(".js"));
  return Object.fromEntries(names.map((name) => [name.slice(0, -3), readAsset(`parts/${name}`)]));
}
