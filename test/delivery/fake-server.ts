/** A vendor's HTTP interface over real HTTP, for fakes that keep state: JSON in, JSON out, and connections that break. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** `null`: the connection breaks without an answer. "silence": it stays open without one. */
export type FakeAnswer =
  | null
  | "silence"
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };

export interface FakeServer {
  readonly url: string;
  readonly seen: FakeRequest[];
  close(): Promise<void>;
}

export async function startFakeServer(
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
): Promise<FakeServer> {
  const seen: FakeRequest[] = [];
  const server = createServer(async (incoming, response) => {
    let text = "";
    for await (const chunk of incoming) text += String(chunk);
    const request: FakeRequest = {
      method: incoming.method ?? "",
      url: new URL(incoming.url ?? "/", "http://fake"),
      headers: incoming.headers,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    seen.push(request);
    const given = await answer(request);
    if (given === "silence") return;
    if (given === null) return void response.socket?.destroy();
    const { status, body = {}, headers = {} } = given;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
