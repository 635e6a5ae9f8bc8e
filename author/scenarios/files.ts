/**
 * The files of a folder that are scenarios, actions and contexts: by name and, for actions, by a look at the text. Folders that
 * hold installed or built things are never entered.
 */
import { existsSync, readdirSync } from "node:fs";
import { glanceAt } from "../../base/glance.ts";
import { basename, dirname, join } from "node:path";
import { misspeltEntry } from "../../languages/javascript/errors/entry-hint.ts";
import { hasMisspeltEntry } from "../../languages/python/errors/entry-hint.ts";

const SCENARIO = /\.scenario\.(?:json|ya?ml|[mc]?[tj]s)$/;
const SCRIPT = /\.(?:[mc]?[tj]s|py)$/;
const NOT_AN_ACTION =
  /\.(?:d|test|spec|scenario|config|bench)\.[mc]?[tj]s$|(?:^|[\\/])(?:test_[^\\/]*|[^\\/]*_test|conftest|__init__|setup)\.py$/;
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "build", "coverage"]);
const MAX_FILES = 20_000;

export const isScenarioFile = (path: string): boolean => SCENARIO.test(path);
export const isSkippedFolder = (name: string): boolean => name.startsWith(".") || SKIPPED_FOLDERS.has(name);

/** Whether a file could be an action or one of its own modules. */
export const isScript = (path: string): boolean => SCRIPT.test(path) && !NOT_AN_ACTION.test(path);

/** A file that says `execute_action` or nearly so, or has a default export that could be one. */
export function looksLikeAction(path: string): boolean {
  if (!isScript(path)) return false;
  const text = glanceAt(path);
  if (/\bexecute_?[aA]ction\b/.test(text)) return true;
  if (path.endsWith(".py")) return hasMisspeltEntry(text);
  if (misspeltEntry(text) !== null) return true;
  return /^[ \t]*export\s+default\s+(?:async\s+)?(?:function\b|\(|\w+\s*=>)/m.test(text);
}

/** Every file below `folder`, sorted, so that runs come in the same order everywhere. */
export function listFiles(folder: string): string[] {
  return listTree(folder).files;
}

/** The files below `folder`, and the folders, itself included. */
export function listTree(folder: string): { readonly files: string[]; readonly folders: string[] } {
  const files: string[] = [];
  const folders: string[] = [];
  const open = [folder];
  for (let at = open.pop(); at !== undefined && files.length < MAX_FILES; at = open.pop()) {
    folders.push(at);
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (!isSkippedFolder(entry.name)) open.push(path);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        files.push(path);
      }
    }
  }
  return { files: files.sort(), folders };
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** `fraud-review` of `fraud-review.flagged.scenario.json`. */
export function scenarioStem(path: string): string {
  return basename(path).replace(SCENARIO, "");
}

const EXTENSIONS = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".py"];

/**
 * The action that a scenario file stands beside: the longest beginning of its name that names one, else the only action of the folder.
 */
export function actionBeside(scenarioFile: string): string | null {
  const folder = dirname(scenarioFile);
  for (let stem = scenarioStem(scenarioFile); stem !== ""; stem = stem.slice(0, Math.max(0, stem.lastIndexOf(".")))) {
    for (const extension of EXTENSIONS) {
      const path = join(folder, stem + extension);
      if (existsSync(path)) return path;
    }
  }
  const actions = entriesOf(folder)
    .map(({ name }) => join(folder, name))
    .filter(looksLikeAction);
  return actions.length === 1 ? actions[0]! : null;
}

/** The context that belongs to an action: `NAME.context.json`, or the folder's `context.json`. */
export function contextBeside(action: string): string | null {
  const own = action.replace(SCRIPT, ".context.json");
  const shared = join(dirname(action), "context.json");
  // An action of another ending has no context of its own name, and is none itself.
  return [own, shared].find((path) => path !== action && existsSync(path)) ?? null;
}
