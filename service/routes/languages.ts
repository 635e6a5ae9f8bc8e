/**
 * The languages of versions, as the service's paths name them: TypeScript apart from JavaScript, though one language of the runtime plays both. The
 * endings are those of the entry's file, the first of a new one.
 */
interface VersionLanguage {
  readonly endings: readonly [string, ...string[]];
  /** Whether the types of an action's args can be read. */
  readonly hasArgs: boolean;
}

export const LANGUAGES = {
  typescript: { endings: [".ts", ".mts", ".cts"], hasArgs: true },
  javascript: { endings: [".js", ".mjs", ".cjs"], hasArgs: true },
  python: { endings: [".py"], hasArgs: false },
} as const satisfies Readonly<Record<string, VersionLanguage>>;

export type LanguageName = keyof typeof LANGUAGES;

export const LANGUAGE_NAMES = Object.keys(LANGUAGES) as [LanguageName, ...LanguageName[]];

/** By the file's ending; TypeScript where it has none of these. */
export function languageOf(name: string): LanguageName {
  const claims = (language: LanguageName): boolean =>
    LANGUAGES[language].endings.some((ending) => name.endsWith(ending));
  return LANGUAGE_NAMES.find(claims) ?? "typescript";
}
