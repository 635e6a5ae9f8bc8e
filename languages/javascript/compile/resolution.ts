/** Resolutions: what an import statement turned out to mean. */
export type Resolution =
  | { readonly type: "module"; readonly module: Module; readonly sideEffects?: boolean }
  /** A module that its package maps to nothing for browsers. */
  | { readonly type: "empty" }
  | Refusal;

export interface Refusal {
  readonly type: "refused";
  readonly code: "IMPORT_REFUSED" | "IMPORT_NOT_FOUND" | "PACKAGE_UNAVAILABLE";
  readonly message: string;
  /** Whether it stands for optional modules too: the host's list is contradicted. */
  readonly isFirm?: boolean;
}

export interface Module {
  readonly owner: "action" | "package";
  /** What people see: relative to the root, or `package@version/file`. */
  readonly name: string;
  /** Where it was found. Empty for an entry that came as text. */
  readonly path: string;
  /** Its real path, all symbolic links followed. */
  readonly real: string;
  /** For a package: its real folder and its name. */
  readonly home?: { readonly folder: string; readonly package: string; readonly version: string };
  /** Whether its package calls it an ES module, as Node would read it. */
  readonly isEsm?: boolean;
}

export function refuse(message: string, code: Refusal["code"] = "IMPORT_REFUSED"): Refusal {
  return { type: "refused", code, message };
}

/** A specifier is the author's text: short enough for a sentence. */
export function shown(specifier: string): string {
  return specifier.length > 120 ? `${specifier.slice(0, 120)}…` : specifier;
}
