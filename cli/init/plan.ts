/** What `baton init` would write, and what it leaves as it is: decided before anything is written. */
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { shown } from "../../author/files.ts";
import { InputError } from "../../author/input-error.ts";
import { SCHEMA_FILES, SCHEMA_NAMES, jsonSchemaOf } from "../../author/json-schemas.ts";
import type { SchemaName } from "../../author/json-schemas.ts";
import { DECLARATIONS_FILE, declarationsOf } from "../../author/typescript/declarations.ts";
import { shippedLanguages } from "../../languages/index.ts";
import { packageFolder, projectTemplate } from "../../author/package-folder.ts";
import { ACTION_OPTIONS } from "../../author/typescript/options.ts";

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
    [".gitignore", "node_modules/\n.baton.env\n"],
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
  const own = language === null ? filesOfTypeScript(folder) : await filesOfLanguage(folder, language);
  return [...own, ...made].sort(([left], [right]) => (left < right ? -1 : 1));
}

function filesOfTypeScript(folder: string): [string, string][] {
  const template = projectTemplate();
  const copied = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path): [string, string] => [relative(template, path), readFileSync(path, "utf8")]);
  return [
    ...copied,
    ["package.json", packageJson(folder)],
    ["tsconfig.json", tsconfigJson()],
    [DECLARATIONS_FILE, declarationsOf([])],
  ];
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

/** The first action of a language that brings its own, its stubs for editors, and a package.json with what it needs. */
async function filesOfLanguage(folder: string, id: string): Promise<[string, string][]> {
  const tools = await shippedLanguages().byId(id).author?.();
  const files = { ...tools?.scaffold(), ...tools?.stubs() };
  const needed = Object.fromEntries((tools?.packages ?? []).map((name) => [name, ownVersion()]));
  return [...Object.entries(files), ["package.json", packageJson(folder, needed)]];
}

function ownVersion(): string {
  const text = readFileSync(join(packageFolder(), "package.json"), "utf8");
  return `^${(JSON.parse(text) as { readonly version: string }).version}`;
}

/** For editors: what the type check itself takes, with the globals by their public name. */
function tsconfigJson(): string {
  const compilerOptions = { ...ACTION_OPTIONS, types: ["baton-runtime/globals", "baton-runtime/web-globals"] };
  const config = { compilerOptions, include: ["actions", DECLARATIONS_FILE], exclude: ["**/*.scenario.ts"] };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function packageJson(folder: string, needed?: Readonly<Record<string, string>>): string {
  const own = JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")) as {
    readonly version: string;
    readonly devDependencies?: { readonly typescript?: string };
  };
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
      ...(needed ?? { typescript: own.devDependencies?.typescript ?? "^7.0.0" }),
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
