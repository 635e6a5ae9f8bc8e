/** A problem of an action or of what it imports, before it is a diagnostic. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly file: string | null;
}
