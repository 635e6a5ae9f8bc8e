/** The answer to a host call, as it goes to the worker and as a journal keeps it. */
import type { Json } from "../../base/json.ts";

/** `value` of a byte answer has its bytes beside it in the frame. */
export type Answer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly name: string } };
