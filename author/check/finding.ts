/** Findings: what `baton check` finds, and the rules that it knows. The name of a rule is its page in docs/rules/. */
export interface Finding {
  readonly code: string;
  readonly rule: string;
  readonly message: string;
  /** The file's path. */
  readonly file: string;
  /** Both count from 1; null where it is about the whole file. */
  readonly line: number | null;
  readonly column: number | null;
  readonly frame: string | null;
}

export const RULES = {
  PHONE_NOT_E164: "phone-not-e164",
  REASON_TOO_LONG: "reason-too-long",
  CONTEXT_NOT_PASSED: "context-not-passed",
  CODE_AFTER_TRANSFER: "code-after-transfer",
  AWAIT_MISSING: "await-missing",
  AWAITED_IN_TURN: "awaited-in-turn",
  KEYWORD_ARGUMENT: "keyword-argument",
  WORK_LEFT_OPEN: "work-left-open",
  ENTRY_MISSING: "entry-missing",
  ENTRY_NOT_A_FUNCTION: "entry-missing",
  IMPORT_REFUSED: "import-unresolved",
  IMPORT_NOT_FOUND: "import-unresolved",
  PACKAGE_UNAVAILABLE: "import-unresolved",
  UNKNOWN_NAME: "unknown-name",
  TYPE_ERROR: "type-error",
} as const satisfies Readonly<Record<string, string>>;

/** The page of a code; what has none of its own does not compile. */
export function ruleOf(code: string): string {
  return (RULES as Readonly<Record<string, string>>)[code] ?? "does-not-compile";
}
