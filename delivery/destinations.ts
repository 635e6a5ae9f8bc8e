/**
 * Which numbers a tenant's actions may have a live call transferred to. Pure. The default allows every country and refuses what
 * costs the caller's side money by design: premium-rate and shared-cost ranges, and the network codes that toll fraud lives on.
 */
import { phoneFacts } from "../host-api/phone.ts";

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
  const { countries, numbers = [], onlyNumbers = false, refuse = [], allowTypes = [] } = policy;
  if (refuse.some((entry) => (entry.endsWith("*") ? number.startsWith(entry.slice(0, -1)) : number === entry))) {
    return refused("DESTINATION_REFUSED", "Calls to this number are not allowed here.");
  }
  if (numbers.includes(number)) return { allowed: true };
  if (onlyNumbers) return refused("DESTINATION_NOT_LISTED", "Calls may go to the listed numbers only.");
  const facts = phoneFacts(number);
  if (facts === null) return refused("DESTINATION_REFUSED", "This is no number that can be called.");
  const type = facts.type ?? "";
  if (REFUSED_TYPES.has(type) && !allowTypes.includes(type)) {
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

function refused(code: string, message: string): DestinationVerdict {
  return { allowed: false, code, message: `${message} Nothing was handed off: call again without phone_destination.` };
}
