/** Diagnostics: what is said to an author about an action that does not compile, or that compiles with something odd in it. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  /** The author's name of the file; null where the message is about no particular place. */
  readonly file: string | null;
  /** Counted from 1. */
  readonly line: number | null;
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number | null;
  readonly frame: string | null;
  readonly severity: "error" | "warning";
}

/** An error about the whole action. */
export function wholeActionError(code: string, message: string, file: string | null = null): Diagnostic {
  return { code, message, file, line: null, column: null, frame: null, severity: "error" };
}
