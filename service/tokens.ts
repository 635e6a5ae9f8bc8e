/** Keys as callers hold them: `baton_ID_SECRET`, the id public, the secret 256 random bits of which a digest is kept. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export const SCOPES = ["admin", "deploy", "execute", "read", "conversations", "outbox"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Token {
  readonly id: string;
  /** Shown once. */
  readonly key: string;
  readonly digest: string;
}

const SHAPE = /^baton_([a-z0-9]{16})_([A-Za-z0-9_-]{43})$/;

export function newToken(): Token {
  const id = [...randomBytes(16)].map((byte) => "abcdefghijklmnopqrstuvwxyz012345"[byte % 32]).join("");
  const key = `baton_${id}_${randomBytes(32).toString("base64url")}`;
  return { id, key, digest: digestOf(key) };
}

/** The public id in a key of ours; null for any other text. */
export const idOf = (key: string): string | null => SHAPE.exec(key)?.[1] ?? null;

/** The secret has 256 random bits: a plain digest of it cannot be searched. */
export const digestOf = (key: string): string => createHash("sha256").update(key).digest("base64");

export function sameDigest(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
