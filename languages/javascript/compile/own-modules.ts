/** Modules of ours that every action may import, as it would from the installed package: `baton-runtime/hours`. */
import { fileURLToPath } from "node:url";
import type { Resolution } from "./resolution.ts";

const OWN: Readonly<Record<string, string>> = { "baton-runtime/hours": "hours.mjs" };

/** Null for every other specifier. */
export function ownModule(specifier: string): Resolution | null {
  const file = Object.hasOwn(OWN, specifier) ? OWN[specifier] : undefined;
  if (file === undefined) return null;
  const here = import.meta.url;
  const folder = new URL(here.endsWith(".ts") ? "../../../dist/assets/" : "../../../assets/", here);
  const real = fileURLToPath(new URL(file, folder));
  return {
    type: "module",
    module: { owner: "package", name: `${specifier}.mjs`, path: real, real },
    sideEffects: false,
  };
}
