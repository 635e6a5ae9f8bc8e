/** Peers live in bench/node_modules, which is there only for those who ran `npm install --no-save` in bench/. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const home = new URL("../package.json", import.meta.url);

/** The caller says what face it expects: its types are not there where this is checked. */
export function loadPeer(name: string): unknown {
  return createRequire(home)(name);
}

/** For a module that awaits while it loads, which cannot be required. */
export function importPeer(name: string): Promise<unknown> {
  return import(pathToFileURL(createRequire(home).resolve(name)).href);
}

/** By its folder: a package need not export anything that could be asked for. */
export const isInstalled = (name: string): boolean =>
  existsSync(new URL(`../node_modules/${name}/package.json`, import.meta.url));

/** The binary that a platform package of `scope` carries; null where none is installed. The wrappers' install scripts are not needed for it. */
export function findBinary(scope: string, like: RegExp, path: string): string | null {
  const folder = new URL(`../node_modules/${scope}/`, import.meta.url);
  if (!existsSync(folder)) return null;
  for (const name of readdirSync(folder)) {
    const file = new URL(`${name}/${path}`, folder);
    if (like.test(name) && existsSync(file)) return fileURLToPath(file);
  }
  return null;
}

export const notInstalled = (name: string): string =>
  `${name} is not installed: \`npm install --no-save\` in bench/ brings the peers.`;
