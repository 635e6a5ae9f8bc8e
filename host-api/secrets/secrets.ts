/**
 * Named secrets of one invocation. The isolate only ever holds placeholders; here a placeholder in a request header becomes the value, in
 * the client of `fetch`, for the secret's own hosts alone. A placeholder says nothing: it is made of the secret's name and a nonce of the run.
 */
import { z } from "zod";
import { EgressError } from "../fetch/refusal.ts";
import { egressPolicySchema, matchesHost } from "../fetch/policy.ts";
import type { Target } from "../fetch/policy.ts";

export interface Secret {
  readonly value: string;
  /** Hosts it may be sent to: names, `*.name`, each also with a port as `host:port`. */
  readonly hosts: readonly string[];
}

export type Secrets = Readonly<Record<string, Secret>>;

// oxlint-disable-next-line no-control-regex -- what a header value must not carry
const CONTROL = /[\u0000-\u001f\u007f]/;

const secretHost = z.string().refine((text) => {
  const bare = text.replace(/:\d{1,5}$/, "");
  return bare !== "*" && egressPolicySchema.shape.hosts.safeParse([bare]).success;
}, "expected a host name, *.name, or either with a port; a secret for every host is no secret");

export const secretsSchema = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "expected a name like ORDERS_TOKEN"),
    z.strictObject({
      value: z
        .string()
        .min(4, "expected at least 4 characters, as a shorter value cannot be found in what comes back")
        .max(8_192, "expected at most 8192 characters")
        .refine(
          (text) => !CONTROL.test(text) && text.trim() === text && text.isWellFormed(),
          "expected one line of text",
        ),
      hosts: z.array(secretHost).min(1).max(100),
    }),
  )
  .refine((record) => Object.keys(record).length <= 100, "expected at most 100 secrets");

/** What the guest's prelude is given: by name, the placeholder. */
export type Placeholders = Readonly<Record<string, string>>;

export interface HeldSecrets {
  readonly placeholders: Placeholders;
  /** Whether any placeholder of this run stands in the text. */
  holds(text: string): boolean;
  /** How many of them. */
  count(text: string): number;
  /** The header value to send to `target`: placeholders replaced. Throws an EgressError where one may not go there. */
  open(value: string, target: Target, plainHttpAllowed: boolean): string;
}

/** Most runs have none, and are spared the random bytes and the patterns. */
export const NO_SECRETS: HeldSecrets = { placeholders: {}, holds: () => false, count: () => 0, open: (value) => value };

/** `nonce` must be the same for runs that are to be repeated exactly, and otherwise new for each run. */
export function holdSecrets(secrets: Secrets, nonce: string): HeldSecrets {
  const placeholders = Object.fromEntries(Object.keys(secrets).map((name) => [name, `baton-secret.${name}.${nonce}`]));
  const pattern = new RegExp(
    String.raw`baton-secret\.([A-Za-z_][A-Za-z0-9_]*)\.${nonce}(?:\.basic\.([A-Za-z0-9_-]*)\.)?`,
    "g",
  );
  return {
    placeholders,
    count: (text) => (text.includes(`.${nonce}`) ? (text.match(pattern)?.length ?? 0) : 0),
    holds: (text) => text.includes(`.${nonce}`) && text.search(pattern) >= 0,
    open: (value, target, plainHttpAllowed) =>
      value.replace(pattern, (_match, name: string, user: string | undefined) => {
        const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
        if (secret === undefined) throw new EgressError("EGRESS_SECRET", `there is no secret ${name} in this run`);
        if (!matchesHost(secret.hosts, target)) {
          throw new EgressError("EGRESS_SECRET_HOST", `the secret ${name} is not meant for ${target.hostname}`);
        }
        if (target.protocol === "http:" && !plainHttpAllowed) {
          throw new EgressError("EGRESS_SECRET_HTTP", `the secret ${name} is not sent over plain http`);
        }
        const text = user === undefined ? secret.value : basic(user, secret.value);
        return Buffer.from(text, "utf8").toString("latin1");
      }),
  };
}

function basic(user: string, value: string): string {
  return Buffer.from(`${Buffer.from(user, "base64url").toString("utf8")}:${value}`, "utf8").toString("base64");
}
