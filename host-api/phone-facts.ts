/** What the numbering plan says of a phone number: whose it is and what a call to it is. */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";

export interface PhoneFacts {
  /** ISO 3166 code; null where the number belongs to no country (satellite, international networks) or to an unassigned range. */
  readonly country: string | null;
  readonly callingCode: string;
  /** libphonenumber's word for the range, "PREMIUM_RATE" say; null where it knows none. */
  readonly type: string | null;
}

export function phoneFacts(number: string): PhoneFacts | null {
  const parsed = parsePhoneNumberFromString(number, { extract: false });
  if (!parsed) return null;
  return {
    country: parsed.country ?? parsed.getPossibleCountries()[0] ?? null,
    callingCode: parsed.countryCallingCode,
    type: parsed.getType() ?? null,
  };
}
