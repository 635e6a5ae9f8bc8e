/**
 * Phone numbers that a call may be transferred to: E.164 text, taken as it is or not at all.
 * A number only has to be possible. Whether it is in use only the carrier can say, and numbers kept for examples are possible but never valid.
 * The only file that imports libphonenumber-js.
 */
import type { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { requireFrom } from "../base/own-files.ts";

const require = requireFrom(import.meta.url);

/** The numbering plans of the world are large: they are read when the first number comes, or ahead of it. */
export function readNumberingPlans() {
  return require("libphonenumber-js/max") as { parsePhoneNumberFromString: typeof parsePhoneNumberFromString };
}

const E164 = /^\+[1-9]\d{1,14}$/;

export function isE164(value: unknown): boolean {
  if (typeof value !== "string" || !E164.test(value)) return false;
  const parsed = readNumberingPlans().parsePhoneNumberFromString(value, { extract: false });
  // A number that comes back changed (a trunk zero dropped, say) is not what the author wrote, and a guess must not be dialled.
  return parsed !== undefined && parsed.number === value && parsed.isPossible();
}

/** What the numbering plan says of a number: whose it is, and what a call to it is. */
export interface PhoneFacts {
  /** ISO 3166 code; null where the number belongs to no country (satellite, international networks) or to an unassigned range. */
  readonly country: string | null;
  readonly callingCode: string;
  /** libphonenumber's word for the range, "PREMIUM_RATE" say; null where it knows none. */
  readonly type: string | null;
}

export function phoneFacts(number: string): PhoneFacts | null {
  const parsed = readNumberingPlans().parsePhoneNumberFromString(number, { extract: false });
  if (!parsed) return null;
  return {
    country: parsed.country ?? parsed.getPossibleCountries()[0] ?? null,
    callingCode: parsed.countryCallingCode,
    type: parsed.getType() ?? null,
  };
}
