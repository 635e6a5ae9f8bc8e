/** Keys. */
import { invalid, notFound } from "../fault.ts";
import type { Parts } from "../parts.ts";
import type { keyRoutes } from "../routes/keys.ts";
import type { KeyRow } from "../store/operations/keys.ts";
import { newToken } from "../tokens.ts";
import { pageOf, readCursor, writeCursor } from "./cursor.ts";
import { actorOf, iso, isoOrNull, NO_CONTENT, ok, type Handlers } from "./handler.ts";

export const keyHandlers: Handlers<keyof typeof keyRoutes> = {
  async createKey(parts, call) {
    const { tenant = null, scopes, expiresAt, note = null } = call.body;
    const expires = expiresAt === undefined ? null : Date.parse(expiresAt);
    if (expires !== null && expires <= parts.now()) throw invalid("body.expiresAt", "is in the past");
    const { id, key, digest } = newToken();
    await parts.store.run("createKey", {
      id, digest, tenant, scopes: JSON.stringify([...new Set(scopes)]), note: note?.replaceAll("\0", "") ?? null,
      createdAt: parts.now(), expiresAt: expires, actor: actorOf(call),
    }); // prettier-ignore
    return { status: 201, body: { id, key } };
  },
  async listKeys(parts, { query }) {
    const [after = ""] = readCursor(query.cursor, "string") ?? [];
    const found = await parts.store.run("listKeys", {
      after,
      tenant: query.tenant ?? null,
      limit: query.limit + 1,
    });
    const { rows, next } = pageOf(found, query.limit, ({ id }) => writeCursor([id]));
    return ok({ keys: rows.map(keyView), next });
  },
  async rotateKey(parts, call) {
    const { id } = call.params;
    const old = await parts.store.run("readKey", { id });
    if (old === null || old.revokedAt !== null) throw notFound("key");
    const token = newToken();
    const now = parts.now();
    await parts.store.run("createKey", {
      id: token.id, digest: token.digest, tenant: old.tenant, scopes: old.scopes, note: old.note, createdAt: now,
      // A key that was to expire is followed by one that lives as long as it did.
      expiresAt: old.expiresAt === null ? null : now + Math.max(60_000, old.expiresAt - old.createdAt),
      actor: actorOf(call),
      replaces: { id, until: now + (call.body?.overlapSeconds ?? 86_400) * 1000 },
    }); // prettier-ignore
    parts.registry.forgetKey(id);
    announce(parts);
    return { status: 201, body: { id: token.id, key: token.key } };
  },
  async revokeKey(parts, call) {
    const { id } = call.params;
    if (!(await parts.store.run("revokeKey", { id, actor: actorOf(call), now: parts.now() }))) throw notFound("key");
    parts.registry.forgetKey(id);
    announce(parts);
    return NO_CONTENT;
  },
};

export function announce(parts: Parts): void {
  parts.store.announce();
}

function keyView({ id, tenant, scopes, note, createdAt, expiresAt, revokedAt }: KeyRow): object {
  return {
    id,
    tenant,
    scopes: JSON.parse(scopes) as unknown,
    note,
    createdAt: iso(createdAt),
    expiresAt: isoOrNull(expiresAt),
    revokedAt: isoOrNull(revokedAt),
  };
}
