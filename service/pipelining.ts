/**
 * Requests that a client sends over one connection before the first is answered. Node begins all of a packet within one turn of the event loop, some
 * thousand of them, and strangers may send them: past a few the connection ends.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createRequestTurns } from "./request-turns.ts";

const MOST = 32;

export function boundPipelining(server: Server, most = MOST): void {
  const begin = createRequestTurns();
  const underWay = new WeakMap<Socket, number>();
  const handlers = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const count = underWay.get(socket) ?? 0;
    // What came in the same packet is still handed over, and nothing is begun for it.
    if (count >= most) return void socket.destroy();
    underWay.set(socket, count + 1);
    response.once("close", () => underWay.set(socket, underWay.get(socket)! - 1));
    begin(() => {
      if (socket.destroyed) return;
      for (const handle of handlers) handle.call(server, request, response);
    });
  });
}
