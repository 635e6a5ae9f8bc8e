/**
 * Type-checks all files of a project: those under one configuration together, because they share its secrets, and what does not parse apart,
 * because TypeScript reports nothing else of a program with a syntax error in it.
 */
import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { glanceAt } from "../../base/glance.ts";
import { findConfig, readConfig } from "../config.ts";
import { isScript, listFiles } from "../scenarios/files.ts";
import { declarationsOf } from "./declarations.ts";
import { typeCheck } from "./type-check.ts";
import type { TypeCheck, TypeError } from "./type-check.ts";

export async function typeCheckAll(
  tsc: string,
  folder: string,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<TypeCheck> {
  const errors: TypeError[] = [];
  const own = ownDeclarations(folder);
  for (const [config, group] of byConfig(files)) {
    const secrets = Object.keys((await readConfig(config ?? folder)).secrets ?? {});
    const more = { declarations: declarationsOf(secrets), own };
    const checked = await checkParsed(tsc, folder, group, more, signal);
    if (checked.type !== "checked") return checked;
    errors.push(...checked.errors);
  }
  return { type: "checked", errors };
}

type More = Parameters<typeof typeCheck>[3];

async function checkParsed(
  tsc: string,
  folder: string,
  files: readonly string[],
  more: More,
  signal?: AbortSignal,
): Promise<TypeCheck> {
  const first = await typeCheck(tsc, folder, files, more, signal);
  if (first.type !== "checked") return first;
  const broken = new Set(first.errors.filter(isSyntax).map(({ file }) => file));
  if (broken.size === 0) return first;
  const rest = files.filter((file) => !reaches(file, broken));
  if (rest.length === 0 || rest.length === files.length) return first;
  const second = await checkParsed(tsc, folder, rest, more, signal);
  return second.type === "checked" ? { type: "checked", errors: [...first.errors, ...second.errors] } : second;
}

/** TypeScript numbers what the parser says from 1000 on. */
const isSyntax = ({ number }: TypeError): boolean => /^TS1\d{3}$/.test(number);

/** Whether a file is one of these, or imports one, however far down. */
function reaches(file: string, broken: ReadonlySet<string>): boolean {
  const seen = new Set<string>();
  const open = [file];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (broken.has(at)) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...importsOf(at));
  }
  return false;
}

const RELATIVE = /(?:from|import|require)(?:\s*\()?\s*["'](\.\.?\/[^"']+)["']/g;
const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.js"];

function importsOf(file: string): string[] {
  return [...glanceAt(file).matchAll(RELATIVE)].flatMap((match) => {
    const path = join(dirname(file), match[1]!);
    const spellings = [...ENDINGS.map((ending) => path + ending), path.replace(/\.([mc]?)js$/, ".$1ts")];
    const found = spellings.find((each) => isScript(each) && existsSync(each));
    return found === undefined ? [] : [found];
  });
}

/** The files under each configuration, by its folder. */
function byConfig(files: readonly string[]): Map<string | null, string[]> {
  const groups = new Map<string | null, string[]>();
  for (const file of files) {
    const config = findConfig(dirname(file));
    const key = config === null ? null : dirname(config);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return groups;
}

const OURS = /\b(?:Action(?:Context|Conversation|Message|Call|Business|Customer|BrowserSession)|HandOff\w+)\b/;

/** Declaration files of the project that add to the types of an action; others may bring a world that actions do not have. */
function ownDeclarations(folder: string): string[] {
  const config = findConfig(folder);
  const root = config === null ? projectFolder(folder) : dirname(config);
  return listFiles(root).filter((file) => file.endsWith(".d.ts") && OURS.test(glanceAt(file)));
}

/** The nearest folder above with a package.json, if it is near. */
function projectFolder(folder: string): string {
  for (const [at, up] of [folder, dirname(folder), dirname(dirname(folder))].entries()) {
    if (at < 3 && existsSync(join(up, "package.json"))) return up;
  }
  return folder;
}
