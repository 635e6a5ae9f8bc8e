/** Options and arguments that an embedder gives to this folder's functions: an error names the function, the key, and the page that has it. */
import type { z } from "zod";
import { readOptions } from "../base/options.ts";

export function readGiven<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  of: string,
  { code = "OPTIONS_INVALID", page = "docs/delivery.md" } = {},
): z.output<Schema> {
  return readOptions(schema, given, of, { code, page });
}
