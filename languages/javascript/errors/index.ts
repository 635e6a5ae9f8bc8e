/** How JavaScript's errors read to the author: the questions of the seam, in one module that is loaded late. */
import type { AuthorErrors } from "../../language.ts";
import { entryHintOf } from "./entry-hint.ts";
import { hintFor } from "./hints.ts";
import { entryPositionOf, mapStack } from "./stack.ts";
import { ownTexts } from "./texts.ts";

export const errors: AuthorErrors = {
  mapStack,
  entryPosition: entryPositionOf,
  entryHint: entryHintOf,
  hintFor,
  texts: ownTexts,
};
