/**
 * The server of the author's page: on the loopback address alone, for the browser that came with the token, with the session's events as a stream and
 * a table of calls. What a browser may do with what it is served stands in assets.ts, who may ask at all in gate.ts.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { InputError } from "../../author/input-error.ts";
import { openBundle, pageDocument, securityHeaders } from "../assets.ts";
import { createGate, type Gate } from "./gate.ts";
import { projectView, type Parts } from "./parts.ts";
import { badRequest, type Route } from "./route.ts";
import { actionRoutes } from "./routes/actions.ts";
import { conversationRoutes } from "./routes/conversations.ts";
import { coverageRoutes } from "./routes/coverage.ts";
import { fileRoutes } from "./routes/files.ts";
import { runRoutes } from "./routes/runs.ts";

export interface PageServer {
  /** With the token in it. */
  readonly url: string;
  close(): Promise<void>;
}

const ROUTES: readonly Route[] = [
  ...actionRoutes,
  ...conversationRoutes,
  ...coverageRoutes,
  ...fileRoutes,
  ...runRoutes,
];
const MAX_BODY = 4 * 1024 * 1024;

/** Rejects with an InputError where the port is taken. */
export async function servePage(parts: Parts, { port }: { readonly port: number }): Promise<PageServer> {
  const read = openBundle("page");
  let gate: Gate | null = null;
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const address = server.address() as { readonly port: number };
  const open = (gate = createGate(address.port));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const nonce = randomBytes(16).toString("base64url");
    for (const [name, value] of Object.entries(securityHeaders(nonce))) response.setHeader(name, value);
    if (gate === null || !URL.canParse(url, "http://localhost")) return send(response, 421, "Not served here.");
    const verdict = gate.judge({ method, url, headers });
    if (verdict.type === "refused") return refuse(response, verdict.status, verdict.message);
    if (verdict.type === "first_visit") response.setHeader("set-cookie", verdict.cookie);
    const { pathname, searchParams: query } = new URL(url, "http://localhost");
    if (pathname === "/") {
      return send(
        response,
        200,
        pageDocument({ title: "Baton", bundle: read, assets: "/assets/", nonce }),
        "text/html; charset=utf-8",
      );
    }
    if (pathname.startsWith("/assets/")) return sendAsset(response, pathname.slice("/assets/".length), headers);
    if (pathname === "/events" && method === "GET")
      return parts.stream.add(response, { event: "hello", project: projectView(parts) });
    const route = ROUTES.find((each) => each.path === pathname && each.method === method);
    if (route === undefined) return sendJson(response, 404, error("PAGE_REQUEST_INVALID", "There is nothing here."));
    try {
      const body = method === "POST" ? await readBody(request) : null;
      sendJson(response, 200, await route.answer(parts, { query, body }));
    } catch (fault) {
      sendFault(response, fault);
    }
  }

  function sendAsset(response: ServerResponse, name: string, headers: IncomingMessage["headers"]): void {
    const asset = read(name);
    if (asset === null) return send(response, 404, "There is no such file.");
    const zips = /\bgzip\b/.test(headers["accept-encoding"] ?? "");
    if (zips) response.setHeader("content-encoding", "gzip");
    response.setHeader("content-type", asset.type);
    response.end(zips ? asset.gzip : asset.body);
  }

  return {
    url: `http://127.0.0.1:${address.port}/?token=${open.token}`,
    async close() {
      parts.stream.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "it is in use" : `the system says ${cause.code}`;
      reject(new InputError("BAD_FLAG", `The page cannot be served on port ${port}: ${why}.`));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (Number(request.headers["content-length"]) > MAX_BODY) throw tooMuch();
  // What is left unread Node reads past, once the answer is out, for as long as a request may take.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw tooMuch();
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw badRequest("The body is not JSON.");
  }
}

const tooMuch = () => badRequest(`The body has more than ${MAX_BODY} bytes.`);

const error = (code: string, message: string) => ({ error: { code, message } });

function send(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type }).end(text);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, JSON.stringify(value ?? null), "application/json; charset=utf-8");
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, error("PAGE_FORBIDDEN", message));
}

function sendFault(response: ServerResponse, fault: unknown): void {
  if (fault instanceof InputError) return sendJson(response, 400, error(fault.code, fault.message));
  const { code, message } = fault as { readonly code?: unknown; readonly message?: unknown };
  sendJson(response, 500, error(typeof code === "string" ? code : "HOST_FAULT", String(message)));
}
