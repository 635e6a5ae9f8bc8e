/** Errors of JavaScript as the author reads them: the questions of the seam, in one module that is loaded late. */
import type { AuthorErrors } from "../../language.ts";
import { entryHintOf } from "./entry-hint.ts";
import { hintAt, hintFor } from "./hints.ts";
import { entryPositionOf, mapStack } from "./stack.ts";
import { ownTexts } from "./texts.ts";

const UNHANDLED =
  "(A promise was rejected and nothing handled that yet: await it, or give it a catch, in the turn in which it is made. Promises that are started together belong into await Promise.all([…]).)";

export const errors: AuthorErrors = {
  mapStack,
  entryPosition: entryPositionOf,
  entryHint: entryHintOf,
  hintFor,
  hintAt,
  unhandledAdvice: UNHANDLED,
  texts: ownTexts,
};
