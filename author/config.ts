/**
 * `baton.config.json`, from the action's folder or the nearest one above it: the limits, the doors and the names of the secrets that
 * a run gets. It never holds a secret's value. An unknown key is a mistake, never ignored: a misspelt limit would be no limit.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { limitsSchema } from "../runtime/limits.ts";
import { readTextFile, shown } from "./files.ts";
import { InputError } from "./input-error.ts";
import { findJsonMistake } from "./json-position.ts";
import { nearest } from "../base/suggest.ts";
import { visibleLine } from "./text.ts";

const CONFIG_FILE = "baton.config.json";

const texts = z.array(z.string("expected text in double quotes"), "expected a list of texts");

const egressSchema = z.strictObject(
  {
    hosts: texts,
    methods: texts.optional(),
    ports: z.array(z.int().min(1).max(65_535), "expected a list of ports").optional(),
    http: z.boolean("expected true or false").optional(),
    private: texts.optional(),
  },
  "expected an object with hosts",
);

const packagesSchema = z.strictObject(
  {
    folder: z.string("expected a folder, from where the configuration is").min(1),
    allow: z.record(
      z.string(),
      z.string("expected an exact version"),
      "expected an object of names and exact versions",
    ),
  },
  "expected an object with folder and allow",
);

const secretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a secret's name has letters, digits and _ only");
const secretSchema = z.strictObject(
  { hosts: texts },
  "expected an object with hosts (the value belongs in the file of --env-file)",
);

const configSchema = z.strictObject(
  {
    $schema: z.string("expected text").optional(),
    limits: limitsSchema.optional(),
    egress: egressSchema.optional(),
    packages: packagesSchema.optional(),
    secrets: z.record(secretName, secretSchema, "expected an object of secrets").optional(),
  },
  "expected an object",
);

export type Config = z.infer<typeof configSchema>;

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
  const { packages, ...rest } = read.data;
  if (packages === undefined) return rest;
  return { ...rest, packages: { ...packages, folder: resolve(dirname(path), packages.folder) } };
}

/** The path of the configuration that holds for a folder; null where there is none. */
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
    const near = nearest(unknown, knownKeys(issue.path));
    const path = key === "" ? visibleLine(unknown) : `${key}.${visibleLine(unknown)}`;
    if (near !== null) return `there is no key ${path}: did you mean ${near}?`;
    const isSecret = issue.path[0] === "secrets" && issue.path.length > 1;
    return `there is no key ${path}${isSecret ? ": a secret's value belongs in the file of --env-file" : ""}.`;
  }
  const told = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return `${key === "" ? "" : `${key}: `}${told.replace(/^(Invalid input|Too small|Too big): /, "").replace(/\.$/, "")}.`;
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  switch (path[0]) {
    case undefined:
      return Object.keys(configSchema.shape);
    case "limits":
      return Object.keys(limitsSchema.shape);
    case "egress":
      return Object.keys(egressSchema.shape);
    case "packages":
      return Object.keys(packagesSchema.shape);
    default:
      return Object.keys(secretSchema.shape);
  }
}
