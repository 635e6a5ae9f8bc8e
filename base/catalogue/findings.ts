/** The codes of what `baton check` finds. */
import { type CatalogueSection, entry } from "./entry.ts";

export const findings = {
  title: "What `baton check` finds",
  intro: "Exit status 1. Each has a page in `docs/rules/`.",
  codes: {
    PHONE_NOT_E164: entry("A phone number in the source is not E.164.", "Write it as `+` and digits alone."),
    REASON_TOO_LONG: entry("A reason in the source is longer than 500 characters.", "Say it in fewer."),
    CONTEXT_NOT_PASSED: entry(
      "`hand_off_conversation` is called without the context, so no human comes.",
      "Pass the context first.",
    ),
    CODE_AFTER_TRANSFER: entry(
      "Work is done after a phone transfer was asked for, when the bot and its action may be out of the call already.",
      "Do it before.",
    ),
    AWAIT_MISSING: entry(
      "The promise of an async function is used as if it were its value.",
      "Put `await` before the call.",
    ),
    SCHEMA_UNREADABLE: entry(
      "A type of an action's args cannot be read as JSON Schema; any value is taken for it.",
      "Use types that JSON has, or a class of them.",
    ),
    UNKNOWN_NAME: entry(
      "A name is defined nowhere, or a global, a key of the context or a secret is misspelt, or the configuration does not name the secret.",
      "Write it as the finding says.",
    ),
    AWAITED_IN_TURN: entry(
      "Promises that were started together are awaited one after another: one that fails meanwhile ends the run.",
      "Await them together, with `Promise.all`.",
    ),
    KEYWORD_ARGUMENT: entry(
      "An argument is written as in Python, by name, which JavaScript reads as an assignment.",
      "Give one object of options instead.",
    ),
    TYPE_ERROR: entry("TypeScript finds a mistake.", "Correct the line that is shown."),
  },
} satisfies CatalogueSection;
