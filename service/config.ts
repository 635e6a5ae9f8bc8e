/**
 * The service's configuration: one table of settings, read from a file, the environment (`BATON_` and the name in capitals) and flags,
 * the later over the earlier, through one schema. Of the service's own settings, the environment is read here alone.
 */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { readOptions, text } from "../base/options.ts";
import { nearest } from "../base/suggest.ts";
import { HostFault } from "../base/fault.ts";
import { flagOf, variableOf } from "./variables.ts";
import { SECRET_SETTINGS, settingsSchema, type Settings } from "./settings.ts";

export interface Sources {
  /** Given on the command line, by the setting's name. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}

export interface ReadConfig {
  readonly settings: Settings;
  /** Where each setting that is not the default came from. */
  readonly from: Readonly<Record<string, string>>;
}

const SEE = ' See docs/service.md, "Configuration".';
const PREFIX = "BATON_".length;
const CONFIG_FILE = "baton.service.json";

const sources = z.strictObject({
  flags: z.record(z.string(), z.string("text").optional(), "an object of flags and their text"),
  environment: z.record(z.string(), z.string("text").optional(), "an object of variables").optional(),
  folder: text("a folder").optional(),
});

export function readConfig(where: Sources): ReadConfig {
  const read = readOptions(sources, where, "readConfig", { page: "docs/service.md" });
  const { flags, environment = process.env, folder = process.cwd() } = read;
  const from: Record<string, string> = {};
  const given: Record<string, unknown> = {};
  const take = (values: Readonly<Record<string, unknown>>, source: (name: string) => string): void => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) continue;
      given[name] = value;
      from[name] = source(name);
    }
  };
  const file = flags["config"] ?? environment[variableOf("config")] ?? CONFIG_FILE;
  const optional = file === CONFIG_FILE;
  take(readFile(resolve(folder, file), optional), () => file);
  const names = Object.keys(settingsSchema.shape);
  const variables = Object.fromEntries(names.map((name) => [name, filled(environment[variableOf(name)])]));
  take(variables, variableOf);
  take(Object.fromEntries(names.map((name) => [name, flags[name]])), (name) => `--${flagOf(name)}`);
  const settings = settingsSchema.safeParse(given);
  if (settings.success) return { settings: settings.data, from };
  throw new HostFault("SERVICE_CONFIG_INVALID", describe(settings.error.issues[0]!, from), "never");
}

/** The defaults of a service that a program makes. */
export function checkedSettings(given: z.input<typeof settingsSchema>): Settings {
  const read = settingsSchema.safeParse(given);
  if (read.success) return read.data;
  throw new HostFault("SERVICE_CONFIG_INVALID", describe(read.error.issues[0]!, {}), "never");
}

/** What `--print-config` shows: every setting, with secrets left out. */
export function printable({ settings, from }: ReadConfig): object {
  const values = settings as Readonly<Record<string, unknown>>;
  const shown = Object.keys(settingsSchema.shape).map((name) => [
    name,
    { value: shownValue(name, values[name]), from: from[name] ?? "default" },
  ]);
  return Object.fromEntries(shown) as object;
}

/** A database's address may carry a password. */
function shownValue(name: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (SECRET_SETTINGS.has(name)) return { set: true };
  if (name !== "store" || typeof value !== "string") return value;
  // As text: what a driver takes need not be an address that can be read whole, and then it still has its password.
  return value
    .replace(/^(\w+:\/\/[^:/?]*):.*@/s, "$1:set@")
    .replaceAll(/([?&#][^=&#]*(?:pass|secret|token)[^=&#]*=)[^&]*/gi, "$1set");
}

/** Variables that look like settings and are none, each with what was perhaps meant: a slip there would go unnoticed. */
export function strayVariables(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly { readonly name: string; readonly meant: string | null }[] {
  const known = [...Object.keys(settingsSchema.shape), "config", "url", "key", "tenant"].map(variableOf);
  return Object.keys(environment)
    .filter((name) => name.startsWith("BATON_") && !known.includes(name))
    .map((name) => {
      const meant = nearest(
        name.slice(PREFIX),
        known.map((one) => one.slice(PREFIX)),
      );
      return { name, meant: meant && `BATON_${meant}` };
    });
}

export const defaultNodeName = (): string => `${hostname()}-${process.pid}`;

/** A variable that is set to nothing is not set. */
const filled = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

function readFile(path: string, optional: boolean): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) {
    if (optional) return {};
    throw new HostFault("SERVICE_CONFIG_INVALID", `There is no configuration ${path}.${SEE}`, "never");
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    // Node's own words quote the text around the place, and that may be of a key.
    const [where = ""] = / at position \d+.*/.exec((cause as Error).message) ?? [];
    throw new HostFault("SERVICE_CONFIG_INVALID", `${path} is not JSON${where}.${SEE}`, "never");
  }
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new HostFault("SERVICE_CONFIG_INVALID", `${path} does not hold an object.${SEE}`, "never");
}

function describe(issue: z.core.$ZodIssue, from: Readonly<Record<string, string>>): string {
  const [name = ""] = issue.path;
  const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const known = Object.keys(settingsSchema.shape).join(", ");
  if (unknown !== undefined)
    return `There is no setting ${unknown} (${from[unknown] ?? "given"}). The settings are ${known}.${SEE}`;
  const source = from[String(name)];
  const what = `${issue.path.join(".")}${source === undefined ? "" : ` (${source})`}`;
  return `The configuration is not valid: ${what}: ${issue.message}.${SEE}`;
}
