/** Errors of Python: how they read to the author. */
import type { AuthorErrors } from "../../language.ts";
import { entryHint } from "./entry-hint.ts";
import { hintFor } from "./hints.ts";
import { entryPosition, mapTrace } from "./trace.ts";

export const errors: AuthorErrors = { mapStack: mapTrace, entryPosition, entryHint, hintFor };
