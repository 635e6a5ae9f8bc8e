/**
 * `baton.config.json`, from the action's folder or the nearest one above it: the limits, the egress policy and the names of the secrets that
 * a run gets. It never holds a secret's value. An unknown key is a mistake, never ignored: a misspelt limit would be no limit.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { z } from "zod";
import { configKeys, configSchema } from "./config-schema.ts";
import type { PythonSettings } from "../languages/python/compile/settings.ts";
import { readTextFile, shown } from "./files.ts";
import { InputError } from "./input-error.ts";
import { findJsonMistake } from "./json-position.ts";
import { nearest } from "../base/suggest.ts";
import { visibleLine } from "./text.ts";

const CONFIG_FILE = "baton.config.json";

/** What a configuration says, with its paths resolved and its certificates read. */
export type Config = Omit<z.infer<typeof configSchema>, "$schema"> & {
  /** Where it lies. */
  readonly folder?: string;
};

/** The action as the runtime is to read it: with the folder that it may import from. */
export function actionSource(
  file: string,
  { root }: Pick<Config, "root">,
): { readonly file: string; readonly root?: string } {
  return root === undefined ? { file } : { file, root };
}

export async function readConfig(folder: string): Promise<Config> {
  const path = findConfig(folder);
  if (path === null) return {};
  const name = shown(path);
  const text = await readTextFile(path, "The configuration");
  const mistake = findJsonMistake(text);
  if (mistake !== null) {
    const { line, column, expected } = mistake;
    throw new InputError(
      "CONFIG_INVALID",
      `${name} is not JSON: line ${line}, column ${column}: expected ${expected}.`,
    );
  }
  const read = configSchema.safeParse(JSON.parse(text));
  if (!read.success) throw new InputError("CONFIG_INVALID", `${name}: ${sentenceOf(read.error.issues[0]!)}`);
  const { packages, root, egress, python, $schema: _, ...rest } = read.data;
  const from = dirname(path);
  const ca =
    egress?.ca === undefined ? undefined : await readTextFile(resolve(from, egress.ca), "The file of egress.ca");
  return {
    ...rest,
    folder: from,
    ...(egress !== undefined && { egress: { ...egress, ...(ca !== undefined && { ca }) } }),
    ...(packages !== undefined && { packages: { ...packages, folder: resolve(from, packages.folder) } }),
    ...(python !== undefined && { python: resolvedPython(python, from) }),
    ...(root !== undefined && { root: resolve(from, root) }),
  };
}

/** The path of the configuration that holds for a folder; null where there is none. */
function resolvedPython({ globals, packages }: PythonSettings, from: string): PythonSettings {
  return {
    ...(globals !== undefined && { globals: resolve(from, globals) }),
    ...(packages && { packages: { ...packages, folder: resolve(from, packages.folder) } }),
  };
}

export function findConfig(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, CONFIG_FILE);
    if (existsSync(path)) return path;
    if (dirname(at) === at) return null;
  }
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const key = visibleLine(issue.path.join("."));
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys[0] ?? "";
    const near = nearest(unknown, configKeys(issue.path));
    const path = key === "" ? visibleLine(unknown) : `${key}.${visibleLine(unknown)}`;
    if (near !== null) return `there is no key ${path}: did you mean ${near}?`;
    const isSecret = issue.path[0] === "secrets" && issue.path.length > 1;
    return `there is no key ${path}${isSecret ? ": a secret's value belongs in the file of --env-file" : ""}.`;
  }
  const text = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return `${key === "" ? "" : `${key}: `}${text.replace(/^(Invalid input|Too small|Too big): /, "").replace(/\.$/, "")}.`;
}
