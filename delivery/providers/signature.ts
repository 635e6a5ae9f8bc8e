/** Signatures by the Standard Webhooks scheme, with as many secrets as a rotation needs. */
import { createHmac, timingSafeEqual } from "node:crypto";

export interface SignedHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  /** "v1,BASE64", one for each secret, with blanks between. */
  readonly "webhook-signature": string;
}

/** `secrets`: "whsec_…" or plain base64; the newest first. Each signs, so a receiver may know any one of them. */
export function sign(id: string, seconds: number, body: string, secrets: readonly string[]): SignedHeaders {
  const content = `${id}.${seconds}.${body}`;
  const signatures = secrets.map((secret) => `v1,${hmac(secret, content).toString("base64")}`);
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signatures.join(" ") };
}

export function verify(headers: SignedHeaders, body: string, secrets: readonly string[]): boolean {
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = secrets.map((secret) => hmac(secret, content));
  return headers["webhook-signature"].split(" ").some((entry) => {
    const [version, signature] = entry.split(",");
    if (version !== "v1" || signature === undefined) return false;
    const given = Buffer.from(signature, "base64");
    return expected.some((own) => own.length === given.length && timingSafeEqual(own, given));
  });
}

/** Throws for a secret that the scheme does not allow: a short one signs nothing worth having. */
export function checkSecret(secret: string): void {
  const size = keyOf(secret).length;
  if (size < 24 || size > 64) throw new TypeError("A webhook secret is base64 of 24 to 64 random bytes.");
}

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ""), "base64");

function hmac(secret: string, content: string): Buffer {
  return createHmac("sha256", keyOf(secret)).update(content).digest();
}
