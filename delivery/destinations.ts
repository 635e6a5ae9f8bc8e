/**
 * Policies of destinations: which numbers a tenant's actions may have a live call transferred to. The default allows every country and refuses what costs the
 * caller's side money by design: premium-rate and shared-cost ranges, and the network codes that toll fraud lives on. A policy that cannot
 * be read, or does not come, refuses: it may be the one that was to refuse this very number.
 */
import { z } from "zod";
import { flag, isContainer } from "../base/options.ts";
import { readGiven } from "./given.ts";
import { phoneFacts, type PhoneFacts } from "../host-api/phone.ts";

/** Numbers may be written as people write them: "+1 (900) 555-0100" is +19005550100. */
export interface DestinationPolicy {
  /** ISO 3166 codes of two letters, "US"; without it, every country. */
  readonly countries?: readonly string[];
  /** These exact numbers are always allowed; where `onlyNumbers` is true, they alone. */
  readonly numbers?: readonly string[];
  readonly onlyNumbers?: boolean;
  /** Exact numbers, or prefixes that end in `*`, that are never called. */
  readonly refuse?: readonly string[];
  /** What is refused by default and allowed here: a type of number ("PREMIUM_RATE", …) or a calling code ("+870", …). */
  readonly allowTypes?: readonly string[];
}

/** One policy for all, or one by tenant. */
export type DestinationPolicies =
  | DestinationPolicy
  | ((tenant: string) => DestinationPolicy | Promise<DestinationPolicy>);

export type DestinationVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: string; readonly message: string };

const REFUSED_TYPES: ReadonlySet<string> = new Set(["PREMIUM_RATE", "SHARED_COST", "PAGER", "PERSONAL_NUMBER"]);
const TYPES: ReadonlySet<string> = new Set([
  ...REFUSED_TYPES,
  ..."FIXED_LINE FIXED_LINE_OR_MOBILE MOBILE TOLL_FREE UAN VOICEMAIL VOIP".split(" "),
]);
/** Satellite, international networks and international premium rate: no office answers there. */
const REFUSED_CALLING_CODES: ReadonlySet<string> = new Set(["870", "878", "881", "882", "883", "888", "979"]);

const NUMBER = /^\+[1-9]\d{1,14}$/;
const PREFIX = /^(?:\+[1-9]\d{0,14}\*?|\+\*)$/;
const plain = (entry: string): string => entry.replaceAll(/[\s().\-\u2010-\u2015]/g, "");
const COUNTRY = 'a list of ISO 3166 codes of two letters, such as "US"';

/** A code that stands for no country would refuse every number, without a word of why. */
const country = z.string(COUNTRY).transform((given, context) => {
  const code = given.trim().toUpperCase();
  const region = /^[A-Z]{2}$/.test(code) ? new Intl.Locale(`und-${code}`).region : undefined;
  const known = region !== undefined && new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(region);
  if (region === code && known !== undefined && code !== "ZZ") return code;
  const instead = known && region !== undefined ? `; "${code}" is "${region}" there` : "";
  context.addIssue({ code: "custom", message: `an ISO 3166 code of two letters${instead}` });
  return z.NEVER;
});

const spelt = (pattern: RegExp, what: string) =>
  z
    .string(what)
    .transform(plain)
    .refine((entry) => pattern.test(entry), what);

const policySchema = z.strictObject({
  countries: z.array(country, COUNTRY).optional(),
  numbers: z.array(spelt(NUMBER, "a phone number such as +15551234567"), "a list of phone numbers").optional(),
  onlyNumbers: flag().optional(),
  refuse: z
    .array(spelt(PREFIX, "a phone number, or the beginning of one and *, such as +1900*"), "a list of numbers")
    .optional(),
  allowTypes: z
    .array(
      z.string("a type of number").refine((type) => TYPES.has(type) || REFUSED_CALLING_CODES.has(type.slice(1)), {
        message: `one of ${[...TYPES].join(", ")}, or a calling code such as +870`,
      }),
      "a list of types of numbers",
    )
    .optional(),
} satisfies Record<keyof DestinationPolicy, z.ZodType>);

type ReadPolicy = z.output<typeof policySchema>;

/** Throws an OptionsError for a policy that cannot be read; a function is asked, and its answer read, at each transfer. */
export function checkedDestinations(given: unknown): DestinationPolicies {
  if (typeof given === "function") return given as DestinationPolicies;
  readGiven(policySchema, given, "openHandoffs: destinations");
  return given as DestinationPolicy;
}

/** The verdict of the tenant's policy; a policy that throws, or does not come, refuses. */
export async function judgeFor(
  policies: DestinationPolicies,
  tenant: string,
  number: string,
): Promise<DestinationVerdict> {
  try {
    return judgeDestination(number, typeof policies === "function" ? await policies(tenant) : policies);
  } catch {
    return unavailable();
  }
}

export const unavailable = (): DestinationVerdict =>
  refused("DESTINATION_POLICY_UNAVAILABLE", "The policy of destinations could not be asked.");

export function judgeDestination(number: string, policy: DestinationPolicy): DestinationVerdict {
  const read = policySchema.safeParse(isContainer(policy) ? null : policy);
  if (!read.success) return refused("DESTINATION_POLICY_INVALID", "The policy of destinations cannot be read.");
  if (typeof number !== "string" || !NUMBER.test(number)) return noNumber();
  return judge(number, read.data);
}

function judge(
  number: string,
  { countries, numbers, onlyNumbers, refuse, allowTypes = [] }: ReadPolicy,
): DestinationVerdict {
  if (refuse?.some((entry) => (entry.endsWith("*") ? number.startsWith(entry.slice(0, -1)) : number === entry))) {
    return refused("DESTINATION_REFUSED", "Calls to this number are not allowed here.");
  }
  if (numbers?.includes(number)) return { allowed: true };
  if (onlyNumbers) return refused("DESTINATION_NOT_LISTED", "Calls may go to the listed numbers only.");
  const facts = phoneFacts(number);
  if (facts === null) return noNumber();
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

const noNumber = (): DestinationVerdict => refused("DESTINATION_REFUSED", "This is no number that can be called.");

function refused(code: string, message: string): DestinationVerdict {
  return { allowed: false, code, message: `${message} Nothing was handed off: call again without phone_destination.` };
}
