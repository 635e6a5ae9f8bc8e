/**
 * Values that other people's code threw, read without trust: one may be anything, and a getter of it may throw where it is logged. Its message is left
 * alone, since it may quote what it was about.
 */
export function nameOf(error: unknown): string {
  const name = Error.isError(error) ? fieldOf(error, "name") : undefined;
  return typeof name === "string" ? name.slice(0, MAX_NAME) : Error.isError(error) ? "Error" : typeof error;
}

export function codeOf(error: unknown): string | null {
  const code = Error.isError(error) ? fieldOf(error, "code") : undefined;
  return typeof code === "string" ? code : null;
}

const MAX_NAME = 200;

/** Undefined where it cannot be read. */
export function fieldOf(value: object, field: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>>)[field];
  } catch {
    return undefined;
  }
}
