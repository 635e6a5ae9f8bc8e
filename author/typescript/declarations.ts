/**
 * `baton-env.d.ts`: the names of a project's secrets as types, made from its configuration. The type check makes its own; the file is for
 * editors, and is rewritten only where it is there and says that it is made.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findConfig, readConfig } from "../config.ts";
import { writeFileWhole } from "../write.ts";

export const DECLARATIONS_FILE = "baton-env.d.ts";
const HEAD = "// Made from baton.config.json by baton init, check and dev: what is written here by hand is lost.";

export function declarationsOf(secrets: readonly string[]): string {
  const members = secrets.map((name) => `    ${name}: SecretPlaceholder;\n`).join("");
  const body = members === "" ? "interface BatonSecrets {}" : `interface BatonSecrets {\n${members}  }`;
  return `${HEAD}\n/// <reference types="baton-runtime/globals" />\n/// <reference types="baton-runtime/web-globals" />\n\nexport {};\n\ndeclare global {\n  ${body}\n}\n`;
}

/** Brings the file of the project that `folder` belongs to up to date; does nothing where there is none. */
export async function refreshDeclarations(folder: string): Promise<void> {
  const config = findConfig(folder);
  const path = join(config === null ? folder : dirname(config), DECLARATIONS_FILE);
  if (!existsSync(path)) return;
  const before = readFileSync(path, "utf8");
  const after = declarationsOf(Object.keys((await readConfig(folder)).secrets ?? {}));
  if (before === after || !before.startsWith(HEAD)) return;
  await writeFileWhole(path, after);
}
