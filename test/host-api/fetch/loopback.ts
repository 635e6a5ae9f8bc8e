/** Real servers on loopback that count every connection, and a resolver that answers what a test says. */
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo, LookupFunction, Server } from "node:net";
import type { EgressClient, EgressPolicy, EgressRequest } from "../../../host-api/fetch/index.ts";
import { createEgressClient } from "../../../host-api/fetch/index.ts";

export interface Loopback extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`, as a policy's exception names it. */
  readonly place: string;
  readonly url: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
  connections(): number;
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

export async function loopback(answer: Answer, host = "127.0.0.1"): Promise<Loopback> {
  const requests: Loopback["requests"] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      answer(request, response, body);
    });
  };
  return serve(createServer(listener), requests, host);
}

export async function serve(
  server: Server,
  requests: Loopback["requests"] = [],
  host = "127.0.0.1",
): Promise<Loopback> {
  let connections = 0;
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((ready) => server.listen(0, host, ready));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    place: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export function lookupOf(answers: Readonly<Record<string, readonly string[]>>, asked: string[] = []): LookupFunction {
  return (hostname, _options, callback) => {
    asked.push(hostname);
    const found = answers[hostname];
    if (found === undefined) {
      callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
    } else {
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    }
  };
}

export function allowing(server: Loopback, more: Partial<EgressPolicy> = {}): EgressPolicy {
  return { hosts: ["*"], http: true, private: [server.place], ...more };
}

export interface Answered {
  readonly status: number;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly redirected: boolean;
  readonly text: string;
}

/** One request by a client of its own; a refusal comes back as its code. */
export async function ask(
  policy: EgressPolicy | null,
  request: EgressRequest | string,
  options: Parameters<typeof createEgressClient>[1] = {},
): Promise<Answered | string> {
  const client = createEgressClient(policy, options);
  try {
    return await read(client, typeof request === "string" ? { url: request } : request);
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  } finally {
    await client.close();
  }
}

export async function read(client: EgressClient, request: EgressRequest): Promise<Answered> {
  const response = await client.request(request);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return { ...response, text: Buffer.concat(chunks).toString("utf8") };
}
