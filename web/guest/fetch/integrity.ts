/** Subresource integrity: whether a body is the one that a request's `integrity` names. What names no known digest asks for nothing. */
import { web } from "./web.ts";

const DIGESTS = ["sha256", "sha384", "sha512"];
const METADATA = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/;

export async function isIntact(bytes: Uint8Array<ArrayBuffer>, integrity: string): Promise<boolean> {
  const named = integrity.split(/[\t\n\f\r ]+/).flatMap((part) => {
    const [, digest, value] = METADATA.exec(part) ?? [];
    return digest === undefined ? [] : [{ digest, value: plain(value!) }];
  });
  const strongest = DIGESTS.findLast((digest) => named.some((one) => one.digest === digest));
  if (strongest === undefined) return true;
  const hash = await web.crypto.subtle.digest(strongest.replace("sha", "SHA-"), bytes);
  const actual = plain(web.btoa(String.fromCharCode(...new Uint8Array(hash))));
  return named.some(({ digest, value }) => digest === strongest && value === actual);
}

const plain = (base64: string): string => base64.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
