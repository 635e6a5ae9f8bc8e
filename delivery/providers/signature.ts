/** Signatures by the Standard Webhooks scheme, with as many secrets as a rotation needs. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

export interface SignedHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  /** "v1,BASE64", one for each secret, with blanks between. */
  readonly "webhook-signature": string;
}

type Body = string | Uint8Array;

/** `secrets`: "whsec_…" or plain base64; the newest first. Each signs, so a receiver may know any one of them. */
export function sign(id: string, seconds: number, body: string, secrets: readonly string[]): SignedHeaders {
  const signatures = secrets.map((secret) => `v1,${hmac(secret, id, String(seconds), body).toString("base64")}`);
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signatures.join(" ") };
}

export function verify(headers: SignedHeaders, body: Body, secrets: readonly string[]): boolean {
  const expected = secrets.map((secret) => hmac(secret, headers["webhook-id"], headers["webhook-timestamp"], body));
  return headers["webhook-signature"].split(" ").some((entry) => {
    const [version, signature] = entry.split(",");
    if (version !== "v1" || signature === undefined) return false;
    const given = Buffer.from(signature, "base64");
    return expected.some((own) => own.length === given.length && timingSafeEqual(own, given));
  });
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const WHAT = "base64 of 24 to 64 random bytes, with or without whsec_ before it";

/**
 * What is nearly a secret is decoded to another key, and every signature is then refused at the other end. So what comes from another
 * scheme, an environment file or a hexadecimal generator is named and not guessed at.
 */
function faultOf(secret: string): string | null {
  if (/^\s|\s$/.test(secret)) return `${WHAT}, without white space around it`;
  if (/^["'`]|["'`]$/.test(secret)) return `${WHAT}, without quotation marks`;
  if (secret.startsWith("v1,")) return `${WHAT}; take the "v1," away, which belongs to signatures`;
  if (/^whpk_|^whsk_/.test(secret)) return `${WHAT}; keys that begin with whpk_ or whsk_ are of the asymmetric scheme`;
  const bare = secret.replace(/^whsec_/, "");
  if (/^(?:0x)?[0-9a-f]+$/i.test(bare)) return `${WHAT}; this one looks hexadecimal`;
  if (!BASE64.test(bare)) return WHAT;
  const size = Buffer.from(bare, "base64").length;
  return size < 24 || size > 64 ? WHAT : null;
}

export const secretsSchema = z
  .array(
    z.string(WHAT).superRefine((secret, context) => {
      const fault = faultOf(secret);
      if (fault !== null) context.addIssue({ code: "custom", message: fault });
    }),
    "a list of secrets, the newest first",
  )
  .min(1, "a list of at least one secret")
  .max(10, "a list of at most ten secrets");

function hmac(secret: string, id: string, seconds: string, body: Body): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest();
}
