/** Authenticates and authorizes a request. What belongs to another tenant is answered as what does not exist is: 404. */
import type { FastifyRequest } from "fastify";
import { notFound, ProblemError } from "./fault.ts";
import type { Registry } from "./registry.ts";
import type { Access } from "./routes/route.ts";
import { openSession, sessionCookie } from "./session.ts";
import { digestOf, idOf, sameDigest, type Scope } from "./tokens.ts";
import type { Vault } from "./vault.ts";

export interface Caller {
  /** Of its key; stands in the audit chain and in the log. */
  readonly id: string;
  /** Null: all tenants. */
  readonly tenant: string | null;
  readonly scopes: ReadonlySet<Scope>;
}

export interface Auth {
  /** By the key of its header, or the session of its cookie. Throws a 401 for what is neither. */
  identify(request: Pick<FastifyRequest, "method" | "headers">): Promise<Caller>;
  /** Throws a 401 for what is no key of ours. */
  verify(key: string): Promise<{ readonly caller: Caller; readonly digest: string }>;
}

const OPERATOR = "admin-key";

export interface AuthOptions {
  readonly registry: Registry;
  readonly vault: Vault;
  readonly adminKey: string | undefined;
  readonly now: () => number;
}

export function createAuth({ registry, vault, adminKey, now }: AuthOptions): Auth {
  const adminDigest = adminKey === undefined ? null : digestOf(adminKey);
  const operator: Caller = { id: OPERATOR, tenant: null, scopes: new Set<Scope>(["admin"]) };

  /** The key of this id, if it is the one with this digest and still serves. */
  async function callerOf(id: string | null, digest: string): Promise<Caller> {
    if (adminDigest !== null && sameDigest(digest, adminDigest)) return operator;
    const row = id === null ? null : await registry.key(id);
    if (row === null || !sameDigest(row.digest, digest)) throw unauthenticated("KEY_INVALID", "There is no such key.");
    if (row.revokedAt !== null) throw unauthenticated("KEY_REVOKED", "The key was revoked.");
    if (row.expiresAt !== null && row.expiresAt <= now()) throw unauthenticated("KEY_EXPIRED", "The key has expired.");
    return { id: row.id, tenant: row.tenant, scopes: new Set(JSON.parse(row.scopes) as Scope[]) };
  }

  return {
    async identify({ method, headers }) {
      const [, key] = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? "") ?? [];
      if (key !== undefined) return callerOf(idOf(key), digestOf(key));
      const cookie = headers.authorization === undefined ? sessionCookie(method, headers) : null;
      if (cookie === null) throw unauthenticated("KEY_MISSING", "Send a key as Authorization: Bearer.");
      const session = openSession(vault, cookie, now());
      if (session === null) throw unauthenticated("SESSION_OVER", "The console's session is over.");
      return callerOf(session.keyId, session.digest);
    },
    async verify(key) {
      const digest = digestOf(key);
      return { caller: await callerOf(idOf(key), digest), digest };
    },
  };
}

/** `tenant` is the one that the path names. Throws what the caller is to be answered. */
export function permit(access: Exclude<Access, { of: "open" }>, caller: Caller, tenant: string | undefined): void {
  if (access.of === "tenant" && caller.tenant !== null && caller.tenant !== tenant) throw notFound("tenant");
  if (access.of === "platform" && caller.tenant !== null) {
    throw new ProblemError(403, "KEY_OF_ONE_TENANT", "This path is for keys of all tenants.");
  }
  if (!access.scopes.some((scope) => caller.scopes.has(scope))) {
    const wanted = access.scopes.join(" or ");
    throw new ProblemError(403, "SCOPE_MISSING", `The key lacks the scope: ${wanted}.`);
  }
}

function unauthenticated(code: string, detail: string): ProblemError {
  return new ProblemError(401, code, detail);
}
