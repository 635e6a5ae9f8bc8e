/** A server that takes what it is sent, keeps it, and answers as it is set to. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ReceiverServer {
  readonly port: number;
  readonly url: string;
  readonly requests: Received[];
  /** The status of the answers, 200 unless a test says else. */
  status: number;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<ReceiverServer> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      response.statusCode = receiver.status;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: ReceiverServer = {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return receiver;
}
