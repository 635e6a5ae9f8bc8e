/**
 * What counts as a phone number that a call may be transferred to: E.164 text, taken as it is or not at all.
 * A number only has to be possible. Whether it is in use nobody but the carrier can say, and numbers kept for examples are possible but never valid.
 * The only file that imports libphonenumber-js.
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";

const E164 = /^\+[1-9]\d{1,14}$/;

export function isE164(value: unknown): boolean {
  if (typeof value !== "string" || !E164.test(value)) return false;
  const parsed = parsePhoneNumberFromString(value, { extract: false });
  // A number that comes back changed (a trunk zero dropped, say) is not what the author wrote, and nobody may dial a guess.
  return parsed !== undefined && parsed.number === value && parsed.isPossible();
}
