/** Checks by language: what a language's own checks find in one action, with the names and settings of the configuration that is nearest to it. */
import { basename, dirname, resolve } from "node:path";
import { glanceAt } from "../../base/glance.ts";
import { shippedLanguages } from "../../languages/index.ts";
import { findConfig, readConfig } from "../config.ts";
import { type Finding, ruleOf } from "./finding.ts";

const languages = shippedLanguages();

export async function checkByLanguage(file: string, isAction: boolean): Promise<Finding[]> {
  const language = languages.byFilename(file);
  const tools = await language.author?.();
  if (tools === undefined) return [];
  const root = dirname(file);
  const config = await readConfig(root);
  const names = { packages: Object.keys(config.packages?.allow ?? {}), secrets: Object.keys(config.secrets ?? {}) };
  const found = await tools.check({
    file,
    filename: basename(file),
    source: glanceAt(file),
    root,
    isAction,
    settings: (config as Readonly<Record<string, unknown>>)[language.id],
    ...(findConfig(root) === null ? {} : { config: names }),
  });
  return found.map(({ code, message, file: at, line, column, frame }) => ({
    code,
    rule: ruleOf(code),
    message,
    file: at === null ? file : resolve(root, at),
    line,
    column,
    frame,
  }));
}

/** The actions, and whatever of their own they import. */
export async function filesOf(actions: readonly string[]): Promise<string[]> {
  const files = new Set(actions);
  for (const action of actions) {
    const tools = await languages.byFilename(action).author?.();
    for (const file of tools?.modules?.(action) ?? []) files.add(file);
  }
  return [...files];
}
