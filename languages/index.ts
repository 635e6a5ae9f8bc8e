/** The languages that Baton ships. The first serves every file name that no other claims. */
import type { z } from "zod";
import { JAVASCRIPT } from "./javascript/language.ts";
import { PYTHON } from "./python/language.ts";
import { pythonSettingsSchema, type PythonSettings } from "./python/compile/settings.ts";
import { type Languages, createLanguages } from "./registry.ts";

export { type Languages, createLanguages } from "./registry.ts";
export type { Language } from "./language.ts";

/** What a runtime's options may say of a language, under its id. */
export interface LanguageOptions {
  /** Python's helpers and wheels: see docs/python.md. Paths are absolute, or from the working folder. */
  readonly python?: PythonSettings;
}

/** The same as schemas. */
export const languageOptions = {
  python: pythonSettingsSchema.optional(),
} satisfies Record<keyof LanguageOptions, z.ZodType>;

/** The settings of each language by its id, from options that were read. */
export function readSettings({ all }: Languages, options: object): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const { id, readSettings } of all) {
    const given = (options as Readonly<Record<string, unknown>>)[id];
    if (given !== undefined && readSettings !== undefined) read[id] = readSettings(given);
  }
  return read;
}

export function shippedLanguages(): Languages {
  return createLanguages([JAVASCRIPT, PYTHON]);
}
