// Calls of `hand_off_conversation` for every row of the contract.
import { NUMBER } from "./executing.ts";

export const H = "hand_off_conversation";

/** What is returned, in each language. */
export const CALLS: Readonly<Record<string, readonly [typescript: string, python: string]>> = {
  "row 1: with a reason": [`${H}(context, "why")`, `${H}(context, "why")`],
  "row 1: with nothing else": [`${H}(context)`, `${H}(context)`],
  "row 1: null and the empty text are not given": [`${H}(context, null, "")`, `${H}(context, None, "")`],
  "row 2 and 3: a valid number": [`${H}(context, "why", "${NUMBER}")`, `${H}(context, "why", "${NUMBER}")`],
  "row 2 and 3: a number alone": [
    `${H}(context, { phone_destination: "${NUMBER}" })`,
    `${H}(context, phone_destination="${NUMBER}")`,
  ],
  "row 2 and 3: both by name": [
    `${H}(context, { reason: "why", phone_destination: "${NUMBER}" })`,
    `${H}(context=context, phone_destination="${NUMBER}", reason="why")`,
  ],
  "row 3 and 4: a malformed number": [`${H}(context, "why", "12345")`, `${H}(context, "why", "12345")`],
  "row 3 and 4: no text": [`${H}(context, "why", 15551234567)`, `${H}(context, "why", 15551234567)`],
  "row 3 and 4: a huge text": [`${H}(context, null, "+1".repeat(1e5))`, `${H}(context, None, "+1" * 10 ** 5)`],
  "row 3 and 4: an object": [`${H}(context, null, {})`, `${H}(context, None, {})`],
  "row 4: again without the number": [
    `[${H}(context, "a", "no").success, ${H}(context, "b").success]`,
    `[${H}(context, "a", "no")["success"], ${H}(context, "b")["success"]]`,
  ],
  "row 5: a second call": [
    `[${H}(context, "1").success, ${H}(context, "2", "${NUMBER}")]`,
    `[${H}(context, "1")["success"], ${H}(context, "2", "${NUMBER}")]`,
  ],
  "row 7: a long reason": [`${H}(context, "😀".repeat(501))`, `${H}(context, "😀" * 501)`],
  "row 7: an exact reason": [`${H}(context, "😀".repeat(500))`, `${H}(context, "😀" * 500)`],
  "row 7: a reason that is no text": [`${H}(context, 42)`, `${H}(context, 42)`],
  "row 7: a lone surrogate": [`${H}(context, "\\ud800x")`, `${H}(context, "\\ud800x")`],
  "row 8: no context": [`${H}()`, `${H}()`],
  "row 8: nothing as the context": [`${H}(null)`, `${H}(None)`],
  "row 8: text as the context": [`${H}("context")`, `${H}("context")`],
  "row 8: an empty object": [`${H}({})`, `${H}({})`],
  "row 8: of another conversation": [
    `${H}({ conversation: { id: "other" } })`,
    `${H}({"conversation": {"id": "other"}})`,
  ],
  "row 8: a copy": [`${H}({ ...context })`, `${H}({**context})`],
};
