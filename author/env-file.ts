/**
 * The values of secrets, from the file of `--env-file` alone: never from the environment of the process, where every child and
 * crash report finds them, and never from `baton.config.json`, which gets committed.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { secretsSchema } from "../host-api/secrets/secrets.ts";
import { readTextFile, shown } from "./files.ts";
import { InputError } from "./input-error.ts";

export type Secrets = Readonly<Record<string, { readonly value: string; readonly hosts: readonly string[] }>>;

/** Where the values of secrets lie that are used while developing: `baton init` has git ignore it. */
const ENV_FILE = ".baton.env";

/** That file beside the configuration; null where there is none. */
export function envFileBeside(folder: string | undefined): string | null {
  const path = folder === undefined ? null : join(folder, ENV_FILE);
  return path !== null && existsSync(path) ? path : null;
}

/** What a session with real requests lacks before any can succeed, each in a sentence. */
export async function missingForLive(folder: string, envFile: string | undefined): Promise<string[]> {
  // A configuration that cannot be read is a problem of the runs, with its place.
  const config = await readConfig(folder).catch(() => null);
  if (config === null) return [];
  const missing: string[] = [];
  if (config.egress === undefined) {
    missing.push(
      'baton.config.json names no hosts, so that every request is refused: set "egress": { "hosts": […] } (docs/live.md).',
    );
  }
  const names = Object.keys(config.secrets ?? {});
  if (names.length > 0 && envFile === undefined && envFileBeside(config.folder) === null) {
    missing.push(
      `${names.join(", ")} ${names.length === 1 ? "has" : "have"} no value: write ${ENV_FILE} beside baton.config.json, or give --secrets FILE (docs/live.md).`,
    );
  }
  return missing;
}

/** Gives each secret that the configuration names its value; names in the file that it does not name stay unread. */
export async function readSecrets(path: string, declared: Config["secrets"]): Promise<Secrets> {
  const values = parseEnv(await readTextFile(path, "The file of secrets"));
  const secrets: Record<string, Secrets[string]> = {};
  for (const [name, { hosts }] of Object.entries(declared ?? {})) {
    const value = values[name];
    if (value === undefined || value === "") {
      throw new InputError("ENV_FILE_INVALID", `${shown(path)} gives no value for the secret ${name}.`);
    }
    const read = secretsSchema.safeParse({ [name]: { value, hosts } });
    const wrong = read.success ? undefined : read.error.issues.find(({ path }) => path[1] === "value");
    if (wrong !== undefined) {
      const sentence = `${shown(path)} gives ${name} what cannot be a secret: ${wrong.message} (docs/live.md).`;
      throw new InputError("ENV_FILE_INVALID", sentence);
    }
    secrets[name] = { value, hosts };
  }
  return secrets;
}
