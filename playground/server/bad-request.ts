/** The error of a call of the page that is not what its route takes. */
import { InputError } from "../../author/input-error.ts";

export const badRequest = (sentence: string): InputError => new InputError("PAGE_REQUEST_INVALID", sentence);
