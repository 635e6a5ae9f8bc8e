/** The languages that Baton ships. The first serves every file name that no other claims. */
import { JAVASCRIPT } from "./javascript/language.ts";
import { type Languages, createLanguages } from "./registry.ts";

export { type Languages, createLanguages } from "./registry.ts";
export type { Language } from "./language.ts";

export function shippedLanguages(): Languages {
  return createLanguages([JAVASCRIPT]);
}
