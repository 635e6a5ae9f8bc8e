/** Bytes that never reach a body are bounded as well. */
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { createEgressClient } from "../../../host-api/fetch/index.ts";

/** Sends `head`, then `unit` until the client hangs up; says how many bytes that were. */
async function flood(head: string, unit: string) {
  let sent = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const piece = Buffer.from(unit.repeat(Math.ceil(65_536 / unit.length)));
    const go = () => {
      do sent += piece.length;
      while (socket.writable && socket.write(piece));
    };
    socket.once("data", () => {
      socket.write(head);
      socket.on("drain", go);
      go();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    place,
    sent: () => sent,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const MEBIBYTE = 1024 * 1024;

test.each([
  ["early hints", "", "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n", "EGRESS_RESPONSE_HEADERS"],
  ["extensions of chunks", CHUNKED, `1;${"x".repeat(60_000)}\r\na\r\n`, "EGRESS_RESPONSE_BODY"],
  ["one extension without an end", `${CHUNKED}1;`, "x", "EGRESS_RESPONSE_BODY"],
  ["trailers", `${CHUNKED}1\r\na\r\n0\r\n`, "a: b\r\n", "EGRESS_RESPONSE_HEADERS"],
])("a server that sends %s for ever is hung up on", async (_name, head, unit, code) => {
  await using server = await flood(head, unit);
  const limits = { responseBytes: MEBIBYTE };
  const client = createEgressClient({ hosts: [], http: true, private: [server.place] }, { limits });
  const whole = async () => {
    const { body } = await client.request({ url: `http://${server.place}/` });
    for await (const _chunk of body);
  };
  await expect(whole()).rejects.toMatchObject({ code });
  // What the sockets of both sides held is on top of it.
  expect(server.sent()).toBeLessThan(16 * MEBIBYTE);
  await client.close();
});
