/** The plan of `baton init`: what it would write, and what it leaves as it is: decided before anything is written. */
import { lstatSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { shown } from "../../author/files.ts";
import { InputError } from "../../author/input-error.ts";
import { SCHEMA_FILES, SCHEMA_NAMES, jsonSchemaOf } from "../../author/json-schemas.ts";
import type { SchemaName } from "../../author/json-schemas.ts";
import { DECLARATIONS_FILE, declarationsOf } from "../../author/typescript/declarations.ts";
import { shippedLanguages } from "../../languages/index.ts";
import { packageFolder } from "../../author/package-folder.ts";
import { launchJson } from "./launch.ts";

/** The language of a project that asks for none. */
const FIRST = "javascript";

export interface InitPlan {
  readonly folder: string;
  readonly write: readonly { readonly path: string; readonly text: string }[];
  /** Files that are there already. */
  readonly keep: readonly string[];
}

export async function planInit(folder: string, language: string | null = null): Promise<InitPlan> {
  const write: { path: string; text: string }[] = [];
  const keep: string[] = [];
  for (const [path, text] of await filesOf(folder, language)) {
    const place = join(folder, path);
    if (kindOf(place) !== null) keep.push(path);
    else {
      requireFolder(folder, dirname(place));
      write.push({ path, text });
    }
  }
  return { folder, write, keep };
}

async function filesOf(folder: string, language: string | null): Promise<[string, string][]> {
  const made: [string, string][] = [
    [".gitignore", "node_modules/\ncoverage/\n*.cpuprofile\n.baton.env\n"],
    [
      "baton.config.json",
      `${JSON.stringify({ $schema: "./schemas/config.schema.json", root: ".", secrets: {} }, null, 2)}\n`,
    ],
    [".vscode/settings.json", editorSettings()],
    ...SCHEMA_NAMES.map((name): [string, string] => [
      schemaPath(name),
      `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`,
    ]),
  ];
  const own = await filesOfLanguage(folder, language ?? FIRST);
  return [...own, ...made].sort(([left], [right]) => (left < right ? -1 : 1));
}

const schemaPath = (name: SchemaName): string => `schemas/${name}.schema.json`;

/** Which schema is whose, as editors of the Visual Studio Code family read it. */
function editorSettings(): string {
  const entries = SCHEMA_NAMES.map((name) => ({ url: `./${schemaPath(name)}`, files: SCHEMA_FILES[name] }));
  const json = entries.map(({ url, files }) => ({ url, fileMatch: files.filter((file) => file.endsWith(".json")) }));
  const yaml = entries
    .map(({ url, files }) => [url, files.filter((file) => !file.endsWith(".json"))] as const)
    .filter(([, files]) => files.length > 0);
  return `${JSON.stringify({ "json.schemas": json, "yaml.schemas": Object.fromEntries(yaml) }, null, 2)}\n`;
}

/** The first action of a language, its settings and stubs for editors, and a package.json with what it needs. */
async function filesOfLanguage(folder: string, id: string): Promise<[string, string][]> {
  const tools = await shippedLanguages().byId(id).author?.();
  const files = { ...tools?.scaffold(), ...tools?.stubs() };
  const typed: [string, string][] =
    id === FIRST
      ? [
          [DECLARATIONS_FILE, declarationsOf([])],
          [".vscode/launch.json", launchJson()],
        ]
      : [];
  return [...Object.entries(files), ...typed, ["package.json", packageJson(folder, tools?.packages ?? [])]];
}

/** Packages of ours come in the version of this one, others in the one that it is developed with. */
function packageJson(folder: string, needed: readonly string[]): string {
  const own = JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")) as {
    readonly version: string;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  const versionOf = (each: string): string =>
    each.startsWith("baton-") ? `^${own.version}` : (own.devDependencies?.[each] ?? "latest");
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const manifest = {
    name: name === "" ? "actions" : name,
    private: true,
    type: "module",
    scripts: { dev: "baton dev", test: "baton test", check: "baton check" },
    devDependencies: {
      "baton-runtime": `^${own.version}`,
      ...Object.fromEntries(needed.map((each) => [each, versionOf(each)])),
    },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The folders on the way have to be folders, or not there yet. */
function requireFolder(root: string, folder: string): void {
  for (let at = folder; at.length >= root.length; at = dirname(at)) {
    if (kindOf(at) === "other") {
      throw new InputError(
        "FILE_UNWRITABLE",
        `${shown(at)} is in the way: it is a file, and a folder is needed there.`,
      );
    }
    if (dirname(at) === at) return;
  }
}

function kindOf(path: string): "folder" | "other" | null {
  try {
    const stats = lstatSync(path);
    // A link to a folder serves as one.
    return stats.isDirectory() || stats.isSymbolicLink() ? "folder" : "other";
  } catch {
    // Not there, or below something that is no folder.
    return null;
  }
}
