/**
 * Which numbers a tenant's actions may have a live call transferred to. Pure. The default allows every country and refuses what
 * costs the caller's side money by design: premium-rate and shared-cost ranges, and the network codes that toll fraud lives on.
 */
import { phoneFacts, type PhoneFacts } from "../host-api/phone.ts";

/** Numbers may be written as people write them: "+1 (900) 555-0100" is +19005550100. */
export interface DestinationPolicy {
  /** ISO 3166 codes; without it, every country. */
  readonly countries?: readonly string[];
  /** These exact numbers are always allowed; where `onlyNumbers` is true, they alone. */
  readonly numbers?: readonly string[];
  readonly onlyNumbers?: boolean;
  /** Exact numbers, or prefixes that end in `*`, that are never called. */
  readonly refuse?: readonly string[];
  /** Ranges that are refused by default and allowed here, by libphonenumber's word: "PREMIUM_RATE", "SHARED_COST", … */
  readonly allowTypes?: readonly string[];
}

/** One policy for all, or one by tenant. */
export type DestinationPolicies = DestinationPolicy | ((tenant: string) => DestinationPolicy);

export type DestinationVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: string; readonly message: string };

const REFUSED_TYPES: ReadonlySet<string> = new Set(["PREMIUM_RATE", "SHARED_COST", "UAN", "PAGER", "PERSONAL_NUMBER"]);
/** Satellite, international networks and international premium rate: no office answers there. */
const REFUSED_CALLING_CODES: ReadonlySet<string> = new Set(["870", "878", "881", "882", "883", "888", "979"]);

export function judgeDestination(number: string, policy: DestinationPolicy): DestinationVerdict {
  const { onlyNumbers = false, allowTypes = [] } = policy;
  const numbers = policy.numbers?.map(plain) ?? [];
  const refuse = policy.refuse?.map(plain) ?? [];
  const countries = policy.countries?.map((country) => country.trim().toUpperCase());
  // An entry that nobody can read may be the one that was to refuse this number.
  if (!numbers.every((entry) => NUMBER.test(entry)) || !refuse.every((entry) => PREFIX.test(entry))) {
    return refused("DESTINATION_POLICY_INVALID", "The policy of destinations has an entry that is no number.");
  }
  if (refuse.some((entry) => (entry.endsWith("*") ? number.startsWith(entry.slice(0, -1)) : number === entry))) {
    return refused("DESTINATION_REFUSED", "Calls to this number are not allowed here.");
  }
  if (numbers.includes(number)) return { allowed: true };
  if (onlyNumbers) return refused("DESTINATION_NOT_LISTED", "Calls may go to the listed numbers only.");
  const facts = phoneFacts(number);
  if (facts === null) return refused("DESTINATION_REFUSED", "This is no number that can be called.");
  if (typesOf(number, facts).some((type) => REFUSED_TYPES.has(type) && !allowTypes.includes(type))) {
    return refused("DESTINATION_PREMIUM", "Calls to premium-rate and similar numbers are not allowed.");
  }
  if (REFUSED_CALLING_CODES.has(facts.callingCode) && !allowTypes.includes(`+${facts.callingCode}`)) {
    return refused("DESTINATION_PREMIUM", "Calls to satellite and international network numbers are not allowed.");
  }
  if (countries && (facts.country === null || !countries.includes(facts.country))) {
    return refused("DESTINATION_COUNTRY", "Calls to this country are not allowed.");
  }
  return { allowed: true };
}

const NUMBER = /^\+[1-9]\d{1,14}$/;
const PREFIX = /^(?:\+[1-9]\d{0,14}\*?|\+\*)$/;

const plain = (entry: string): string => entry.replaceAll(/[\s().\-\u2010-\u2015]/g, "");

/**
 * A network reads a number from the left and stops when it knows where it leads: digits too many or too few make a number that is in
 * no plan, and still reach what its beginning names. So of such a number every cut and every continuation with zeros counts.
 */
function typesOf(number: string, { type, callingCode }: PhoneFacts): string[] {
  if (type !== null) return [type];
  const digits = number.length - 1;
  const least = callingCode.length + 3;
  const cuts = Array.from({ length: Math.max(0, digits - least) }, (_, cut) => number.slice(0, -1 - cut));
  const longer = Array.from({ length: Math.max(0, 15 - digits) }, (_, zeros) => number + "0".repeat(zeros + 1));
  return [...cuts, ...longer].map((each) => phoneFacts(each)?.type ?? "");
}

function refused(code: string, message: string): DestinationVerdict {
  return { allowed: false, code, message: `${message} Nothing was handed off: call again without phone_destination.` };
}
