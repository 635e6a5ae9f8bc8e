/** A server whose answers are made to keep the reader's event loop busy. It runs on a thread of its own, so that its work is on its own account. */
import { Worker } from "node:worker_threads";

const SCRIPT = `
const { createServer } = require("node:net");
const { gzipSync } = require("node:zlib");
const { randomBytes } = require("node:crypto");
const { parentPort } = require("node:worker_threads");
const TOKEN_HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
const head = (more) => "HTTP/1.1 200 OK\\r\\n" + more + "\\r\\n\\r\\n";
const forEver = (socket, bytes) => { const go = () => { while (socket.writable && socket.write(bytes)); }; socket.on("drain", go); go(); };
const sized = (socket, bytes, more = "") => { socket.write(head(more + "content-length: " + bytes.length)); socket.write(bytes); };
const chunked = head("transfer-encoding: chunked");
const answers = {
  "/ok": (socket) => sized(socket, Buffer.from("ok")),
  "/tiny": (socket) => { socket.write(chunked); for (let i = 0; i < 50; i++) socket.write("1\\r\\na\\r\\n".repeat(100000)); socket.end("0\\r\\n\\r\\n"); },
  "/tiny-gzip": (socket) => { socket.write(head("transfer-encoding: chunked\\r\\ncontent-encoding: gzip")); for (const byte of gzipSync(randomBytes(1000000))) socket.write(Buffer.from([49, 13, 10, byte, 13, 10])); socket.end("0\\r\\n\\r\\n"); },
  "/extensions": (socket) => { socket.write(chunked); forEver(socket, Buffer.from("1;" + "x".repeat(60000) + "\\r\\na\\r\\n")); },
  "/continue": (socket) => forEver(socket, Buffer.from("HTTP/1.1 100 Continue\\r\\n\\r\\n".repeat(2000))),
  "/early": (socket) => forEver(socket, Buffer.from("HTTP/1.1 103 Early\\r\\nlink: <a>\\r\\n\\r\\n".repeat(2000))),
  "/headers": (socket) => socket.end(Buffer.from(head(Array.from({ length: 1300 }, (_, i) => "a" + i + ": \\xe9").join("\\r\\n") + "\\r\\ncontent-length: 0"), "latin1")),
  "/names": (socket) => socket.end(Buffer.from(head(Array.from({ length: 2000 }, (_, i) => "x: y").join("\\r\\n") + "\\r\\ncontent-length: 0"), "latin1")),
  "/beginnings": (socket) => sized(socket, Buffer.alloc(5000000, TOKEN_HEAD)),
  "/encodings": (socket) => sized(socket, Buffer.alloc(5000000, "%25&amp;\\\\u0041\\n")),
  "/gzip": (socket) => sized(socket, gzipSync(Buffer.alloc(5000000, "%25&amp;\\\\u0041\\n")), "content-encoding: gzip\\r\\n"),
  "/nested": (socket) => sized(socket, gzipSync(gzipSync(gzipSync(Buffer.alloc(50000000)))), "content-encoding: gzip, gzip, gzip\\r\\n"),
  "/location": (socket) => socket.end("HTTP/1.1 302 Found\\r\\nlocation: http://x/" + "%41/../".repeat(2000) + "\\r\\ncontent-length: 0\\r\\n\\r\\n"),
  "/host": (socket) => socket.end(Buffer.from("HTTP/1.1 302 Found\\r\\nlocation: http://" + "\\xe9.".repeat(7000) + "/\\r\\ncontent-length: 0\\r\\n\\r\\n", "latin1")),
  "/around": (socket, path) => socket.end("HTTP/1.1 302 Found\\r\\nlocation: /around?" + "a%20".repeat(3500) + path.length + "\\r\\ncontent-length: 0\\r\\n\\r\\n"),
  "/trailers": (socket) => { socket.write(chunked + "0\\r\\n"); forEver(socket, Buffer.from("t: v\\r\\n".repeat(5000))); },
};
createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (data) => {
    const [method, path = "/ok"] = data.subarray(0, 20000).toString("latin1").split(" ");
    if (method === "GET" || method === "POST") (answers[path.split("?")[0]] ?? answers["/ok"])(socket, path);
  });
}).listen(0, "127.0.0.1", function () { parentPort.postMessage(this.address().port); });
`;

export const PATHS = [
  "tiny", "tiny-gzip", "extensions", "continue", "early", "headers", "names", "beginnings", "encodings", "gzip", "nested", "location", "host", "around", "trailers",
] as const; // prettier-ignore

export interface HostileServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly place: string;
}

export async function hostileServer(): Promise<HostileServer> {
  const worker = new Worker(SCRIPT, { eval: true });
  const port = await new Promise<number>((ready) => void worker.once("message", ready));
  return { place: `127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}
