/** JSON Web Keys: what the standard wants of a JSON Web Key before it is read: its type, its members, and that it allows what it shall be used for. */
import type { Refuse } from "./algorithms.ts";
import { USAGES } from "./convert.ts";
import type { Jwk } from "./convert.ts";

const MEMBERS = {
  RSA: { always: ["n", "e"], private: ["d", "p", "q", "dp", "dq", "qi"] },
  EC: { always: ["crv", "x", "y"], private: ["d"] },
  OKP: { always: ["crv", "x"], private: ["d"] },
  oct: { always: ["k"], private: [] },
} as const;

export function checkJwk(
  jwk: Jwk,
  kty: keyof typeof MEMBERS,
  use: "sig" | "enc",
  extractable: boolean,
  usages: readonly string[],
  refuse: Refuse,
): void {
  if (jwk.kty !== kty) refuse("DataError", 'Invalid JWK "kty" Parameter');
  const needed = [...MEMBERS[kty].always, ...(jwk["d"] === undefined ? [] : MEMBERS[kty].private)];
  if (needed.some((name) => jwk[name] === undefined)) refuse("DataError", "Invalid keyData");
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) refuse("DataError", 'Invalid JWK "use" Parameter');
  checkOperations(jwk.key_ops, usages, refuse);
  if (jwk.ext === false && extractable) refuse("DataError", 'JWK "ext" Parameter and extractable mismatch');
}

/** Unknown operations are passed over; one that stands there twice is an error. */
function checkOperations(operations: readonly string[] | undefined, usages: readonly string[], refuse: Refuse): void {
  if (operations === undefined) return;
  const known = operations.filter((name) => (USAGES as readonly string[]).includes(name));
  if (new Set(known).size < known.length) refuse("DataError", "Duplicate key operation");
  if (usages.some((usage) => !known.includes(usage))) refuse("DataError", "Key operations and usage mismatch");
}

/** Each usage once, in the order in which keys show them. */
export function ordered(usages: readonly string[]): string[] {
  return USAGES.filter((usage) => usages.includes(usage));
}
