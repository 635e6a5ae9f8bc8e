/** The findings of actions whose language brings its own checks; those of the first language are the rules of this folder. */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { shippedLanguages } from "../../languages/index.ts";
import type { Language } from "../../languages/language.ts";
import type { Config } from "../config.ts";
import { readConfig } from "../config.ts";
import { type Finding, ruleOf } from "./finding.ts";

const languages = shippedLanguages();

/** Null for files that the rules of this folder read. */
export function ownLanguage(file: string): Language | null {
  const language = languages.byFilename(file);
  return language === languages.all[0] ? null : language;
}

export async function checkByLanguage(file: string, isAction: boolean): Promise<Finding[]> {
  const tools = await ownLanguage(file)?.author?.();
  if (tools === undefined) return [];
  const config = await readConfig(dirname(file));
  const found = await tools.check({
    filename: basename(file),
    source: readFileSync(file, "utf8"),
    root: dirname(file),
    isAction,
    settings: settingsFor(config, ownLanguage(file)!),
  });
  return found.map(({ code, message, line, column, frame }) => ({
    code,
    rule: ruleOf(code),
    message,
    file,
    line,
    column,
    frame,
  }));
}

function settingsFor(config: Config, { id }: Language): unknown {
  return (config as Readonly<Record<string, unknown>>)[id];
}
