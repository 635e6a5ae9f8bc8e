// A failure of the network reads as in Node, because libraries decide by it whether to try again; our code stands beside it.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { createRuntime } from "../../runtime/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../runtime/executing.ts";

let runtime: Runtime;
const servers: Server[] = [];
const ports: Record<string, number> = {};

async function listen(name: string, onData: (socket: import("node:net").Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onData(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  ports[name] = (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  await listen("hangsUp", (socket) => socket.destroy());
  await listen("cutsOff", (socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun");
      setTimeout(() => socket.destroy(), 50);
    });
  });
  const answering =
    (head: string, body = "") =>
    (socket: import("node:net").Socket) =>
      void socket.once("data", () => socket.end(`HTTP/1.1 ${head}\r\nconnection: close\r\n\r\n${body}`));
  await listen("loops", answering("302 Found\r\nlocation: /"));
  await listen("broken", answering("200 OK\r\ncontent-encoding: gzip", "no gzip at all"));
  await listen("noHttp", (socket) => socket.end("SSH-2.0\r\n\r\n"));
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
  ports["gone"] = (gone.address() as AddressInfo).port;
  await new Promise((resolve) => gone.close(resolve));
  const all = Object.values(ports).map((port) => `127.0.0.1:${port}`);
  const lookup = (_name: string, _options: unknown, done: (error: Error) => void): void =>
    done(
      Object.assign(new Error("getaddrinfo ENOTFOUND nowhere.example"), {
        code: "ENOTFOUND",
        syscall: "getaddrinfo",
        hostname: "nowhere.example",
      }),
    );
  const egress = { hosts: ["nowhere.example"], http: true, private: all, lookup: lookup as never };
  runtime = await createRuntime({ logger: SILENT_LOGGER, egress });
});
afterAll(async () => {
  await runtime.close();
  for (const server of servers) server.close();
});

const LINES = `const tell = async (url, read) => { try { const r = await fetch(url, { redirect: read === "no redirects" ? "error" : "follow" }); return read ? await r.text() : r.status; } catch (e) {
  const c = e.cause; return { name: e.name, message: e.message, isTypeError: e instanceof TypeError, cause: c && { isError: c instanceof Error, name: c.name, text: /^(redirect|unexpected|incorrect)/.test(c.message) ? c.message : null, code: c.code, syscall: c.syscall, address: c.address, port: c.port, hostname: c.hostname }, own: e.code }; } };`;

async function inGuest(url: string, read: boolean | string): Promise<Record<string, unknown>> {
  const source = `${LINES}\nexport const execute_action = ({ args }) => tell(args.url, args.read);`;
  const outcome = await runtime.execute({
    action: { source, filename: "a.js" },
    context: contextOf("chat", { url, read }),
  });
  return outcome.returnValue as Record<string, unknown>;
}

async function inNode(url: string, read: boolean | string): Promise<Record<string, unknown>> {
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...given: unknown[]) => Promise<never>;
  // The realm of the tests has no fetch of its own.
  return new AsyncFunction("url", "read", "fetch", "TypeError", "Error", `${LINES}\nreturn tell(url, read);`)(
    url, read, globalThis.fetch, Object.getPrototypeOf(await globalThis.fetch("bad:").catch((e: unknown) => e)).constructor, { [Symbol.hasInstance]: Error.isError },
  ); // prettier-ignore
}

describe("fetch", () => {
  test.each<[string, string, boolean | string, string]>([
    ["nothing that listens", "gone", false, "EGRESS_NETWORK"],
    ["a server that hangs up", "hangsUp", false, "EGRESS_NETWORK"],
    ["a body that is cut off", "cutsOff", true, "EGRESS_NETWORK"],
    ["what is no HTTP", "noHttp", false, "EGRESS_NETWORK"],
    ["redirects without an end", "loops", false, "EGRESS_REDIRECTS"],
    ["a redirect that was not to be", "loops", "no redirects", "EGRESS_REDIRECT"],
    ["a body that cannot be decompressed", "broken", true, "EGRESS_ENCODING"],
  ])("of %s rejects as in Node", async (_name, server, read, own) => {
    const url = `http://127.0.0.1:${ports[server]}/`;
    const { own: code, ...guest } = await inGuest(url, read);
    const { own: _, ...node } = await inNode(url, read);
    expect(code).toBe(own);
    expect(guest).toEqual(node);
  });

  test("of a name that is not there rejects as in Node", async () => {
    expect(await inGuest("http://nowhere.example/", false)).toEqual({
      name: "TypeError", message: "fetch failed", isTypeError: true, own: "EGRESS_DNS",
      cause: { isError: true, name: "Error", text: null, code: "ENOTFOUND", syscall: "getaddrinfo", hostname: "nowhere.example" },
    }); // prettier-ignore
  });

  test("of what a rule refuses says the rule, and nothing to try again for", async () => {
    const refused = await inGuest("http://other.example/", false);
    expect(refused).toMatchObject({ name: "TypeError", own: "EGRESS_HOST" });
    expect(refused["message"]).not.toBe("fetch failed");
    // A library that looks for a code finds the rule's, and none of the network's that would have it try again.
    expect(refused["cause"]).toEqual({ code: "EGRESS_HOST", isError: false, text: null });
  });
});
