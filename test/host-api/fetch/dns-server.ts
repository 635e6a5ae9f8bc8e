/** A DNS server on loopback that answers questions for A from its records, or never; of all other names it says that they do not exist. */
import { createSocket } from "node:dgram";
import type { RemoteInfo } from "node:dgram";

export type Records = Readonly<Record<string, { readonly a: readonly string[]; readonly ttl?: number } | "silent">>;

export async function dnsServer(records: Records) {
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message: Buffer, from: RemoteInfo) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at]!; length > 0; length = message[at]!) {
      labels.push(message.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = labels.join(".").toLowerCase();
    const isA = message.readUInt16BE(at + 1) === 1;
    if (isA) asked.push(name);
    const known = records[name];
    if (known === "silent") return;
    const answers = known === undefined || !isA ? [] : known.a;
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    head.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    const parts = answers.map((address) => recordOf(address, known?.ttl ?? 0));
    socket.send(Buffer.concat([head, message.subarray(12, at + 5), ...parts]), from.port, from.address);
  });
  await new Promise<void>((ready) => socket.bind(0, "127.0.0.1", ready));
  return {
    asked,
    servers: () => [`127.0.0.1:${socket.address().port}`],
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => void socket.close(() => closed())),
  };
}

function recordOf(address: string, ttl: number): Buffer {
  const record = Buffer.alloc(16);
  // The name is the question's.
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(1, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttl, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split(".").map(Number), 12);
  return record;
}
