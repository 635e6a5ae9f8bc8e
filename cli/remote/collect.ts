/** The actions of a folder as a deployment takes them: each file with the files of the folder that it imports. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, posix, relative, resolve, sep } from "node:path";
import { InputError } from "../../author/input-error.ts";
import { shown } from "../../author/files.ts";

export interface Collected {
  readonly action: string;
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

const ENDINGS = [".ts", ".mts", ".js", ".mjs", ".cjs", ".py"];
const NOT_ACTIONS = /\.(?:test|spec|d)\.[a-z]+$|^[._]/;
const IMPORTS = /(?:from|import|require)\s*(?:\(\s*)?["'](\.{1,2}\/[^"'\n]+)["']/g;

/** Every action of a folder, or the one that is named: by its file, or by the folder it has to itself. */
export function collectActions(folder: string): readonly Collected[] {
  const root = resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new InputError("FILE_UNREADABLE", `There is no folder ${shown(root)}.`);
  const inner = join(root, "actions");
  const home = statSync(inner, { throwIfNoEntry: false })?.isDirectory() ? inner : root;
  const entries = readdirSync(home, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile() && isAction(entry.name))
      return [[basename(entry.name, extname(entry.name)), join(home, entry.name)] as const];
    if (!entry.isDirectory() || NOT_ACTIONS.test(entry.name)) return [];
    const inside = ENDINGS.map((ending) => join(home, entry.name, `action${ending}`)).find((path) =>
      statSync(path, { throwIfNoEntry: false })?.isFile(),
    );
    return inside === undefined ? [] : [[entry.name, inside] as const];
  });
  if (entries.length === 0)
    throw new InputError(
      "FILE_UNREADABLE",
      `There is no action in ${shown(home)}: files that end in ${ENDINGS.join(", ")}.`,
    );
  return entries.map(([action, path]) => ({ action, ...reached(path, home) }));
}

const isAction = (name: string): boolean => ENDINGS.includes(extname(name)) && !NOT_ACTIONS.test(name);

/** The file and, from there, all that it imports below the root. What lies outside is for the service's compiler to refuse. */
function reached(path: string, root: string): { readonly entry: string; readonly files: Record<string, string> } {
  const files: Record<string, string> = {};
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const name = relative(root, next).split(sep).join("/");
    if (name.startsWith("..") || files[name] !== undefined) continue;
    const text = readFileSync(next, "utf8");
    files[name] = text;
    for (const [, specifier = ""] of text.matchAll(IMPORTS)) {
      const found = candidates(resolve(dirname(next), specifier)).find((file) =>
        statSync(file, { throwIfNoEntry: false })?.isFile(),
      );
      if (found !== undefined) open.push(found);
    }
  }
  return { entry: posix.normalize(relative(root, path).split(sep).join("/")), files };
}

const candidates = (path: string): string[] => [
  path,
  ...ENDINGS.map((ending) => path + ending),
  ...ENDINGS.map((ending) => path.replace(/\.[cm]?js$/, ending)),
  `${path}.json`,
  ...ENDINGS.map((ending) => join(path, `index${ending}`)),
];
