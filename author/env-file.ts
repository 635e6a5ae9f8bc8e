/**
 * The values of secrets, from the file of `--env-file` alone: never from the environment of the process, where every child and
 * crash report finds them, and never from `baton.config.json`, which gets committed.
 */
import { parseEnv } from "node:util";
import type { Config } from "./config.ts";
import { readTextFile, shown } from "./files.ts";
import { InputError } from "./input-error.ts";

export type Secrets = Readonly<Record<string, { readonly value: string; readonly hosts: readonly string[] }>>;

/** Gives each secret that the configuration names its value; names in the file that it does not name stay unread. */
export async function readSecrets(path: string, declared: Config["secrets"]): Promise<Secrets> {
  const values = parseEnv(await readTextFile(path, "The file of --env-file"));
  const secrets: Record<string, Secrets[string]> = {};
  for (const [name, { hosts }] of Object.entries(declared ?? {})) {
    const value = values[name];
    if (value === undefined || value === "") {
      throw new InputError("ENV_FILE_INVALID", `${shown(path)} gives no value for the secret ${name}.`);
    }
    secrets[name] = { value, hosts };
  }
  return secrets;
}
