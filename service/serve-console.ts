/** The operator's console: its document, its files, and the session that a key is exchanged for. Everything else it asks is the API. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { openBundle, pageDocument, securityHeaders } from "../playground/assets.ts";
import type { Auth, Caller } from "./auth.ts";
import { notFound } from "./fault.ts";
import type { Parts } from "./parts.ts";
import { clearCookie, sealSession, SESSION_MS, setCookie } from "./session.ts";

const BASE = "/console";
const keyBody = z.strictObject({ key: z.string().min(1).max(512) });

export function serveConsole(app: FastifyInstance, parts: Parts, auth: Auth): void {
  const asset = openBundle("console");
  app.get(BASE, async (_request, reply) => {
    const nonce = randomBytes(16).toString("base64");
    return reply
      .headers(securityHeaders(nonce))
      .type("text/html; charset=utf-8")
      .send(pageDocument({ title: "Baton console", bundle: asset, assets: `${BASE}/assets/`, nonce }));
  });
  app.get(`${BASE}/`, async (_request, reply) => reply.redirect(BASE, 308));
  app.get<{ Params: { name: string } }>(`${BASE}/assets/:name`, async (request, reply) => {
    const found = asset(request.params.name);
    if (found === null) throw notFound("path");
    const packed = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    void reply.headers(securityHeaders()).type(found.type).header("vary", "accept-encoding");
    if (packed) void reply.header("content-encoding", "gzip");
    return reply.send(packed ? found.gzip : found.body);
  });
  app.post(`${BASE}/session`, { schema: { body: keyBody } }, async (request, reply) => {
    const { key } = request.body as z.output<typeof keyBody>;
    const { caller, digest } = await auth.verify(key);
    const expiresAt = parts.now() + SESSION_MS;
    const cookie = sealSession(parts.vault, { keyId: caller.id, digest, expiresAt });
    parts.log.info({ requestId: request.id, key: caller.id, tenant: caller.tenant }, "a session of the console begins");
    return answer(reply.header("set-cookie", setCookie(cookie, isSecure(request))), view(caller, expiresAt));
  });
  app.get(`${BASE}/session`, async (request, reply) => answer(reply, view(await auth.identify(request), null)));
  app.delete(`${BASE}/session`, async (request, reply) => {
    await auth.identify(request);
    return reply
      .header("set-cookie", clearCookie(isSecure(request)))
      .code(204)
      .send();
  });
}

/** Behind a balancer the connection to it is what counts, which it says. */
const isSecure = (request: FastifyRequest): boolean => request.protocol === "https";

const view = ({ id, tenant, scopes }: Caller, expiresAt: number | null): object => ({
  key: id,
  tenant,
  scopes: [...scopes],
  ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
});

const answer = (reply: FastifyReply, body: object): FastifyReply =>
  reply.header("cache-control", "no-store").type("application/json; charset=utf-8").send(JSON.stringify(body));
