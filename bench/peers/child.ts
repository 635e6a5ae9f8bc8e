/** The child's side of a peer: reads one request a line on its third descriptor, measures itself, replies with one line. */
import { Socket } from "node:net";
import type { Peer, PeerModule, PeerReply, PeerRequest } from "./peer.ts";

const { create } = (await import(`./${process.argv[2]!}.ts`)) as PeerModule;
const peer = await create();
const socket = new Socket({ fd: 3, readable: true, writable: true });
let pending = "";

socket.on("data", (chunk: Buffer) => {
  const lines = (pending + chunk.toString("utf8")).split("\n");
  pending = lines.pop()!;
  for (const line of lines) {
    const request = JSON.parse(line) as PeerRequest;
    socket.write(`${JSON.stringify(answer(peer, request))}\n`);
    if (request.type === "call") peer.restore?.(request.kind);
  }
});
socket.on("close", () => process.exit(0));
socket.on("error", () => process.exit(0));
socket.write(`${JSON.stringify({ us: 0, runs: 0, text: "ready" } satisfies PeerReply)}\n`);

function answer(peer: Peer, request: PeerRequest): PeerReply {
  const begun = performance.now();
  const reply = (runs: number, text: string): PeerReply => ({ us: (performance.now() - begun) * 1_000, runs, text });
  switch (request.type) {
    case "call": {
      const text = peer.call(request.kind, request.input);
      return reply(1, text);
    }
    case "loop": {
      let runs = 0;
      for (; performance.now() - begun < request.ms; runs++) {
        peer.call(request.kind, request.input);
        peer.restore?.(request.kind);
      }
      return reply(runs, "");
    }
    case "hold":
      if (peer.hold === undefined) throw new Error("this peer cannot hold");
      peer.hold(request.count);
      return reply(request.count, "");
    default:
      return request satisfies never;
  }
}
