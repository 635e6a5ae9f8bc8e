import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { createServer as createTcpServer } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { mayDecodeBrotli } from "../../../base/brotli.ts";
import { createEgressClient } from "../../../host-api/fetch/index.ts";
import { allowing, ask, lookupOf, loopback, read, serve } from "./loopback.ts";
import type { Answered } from "./loopback.ts";

/** Brotli where this Node may decode it (base/brotli.ts). */
const CODINGS = ([["gzip", gzipSync], ["deflate", deflateSync], ["br", brotliCompressSync]] as const)
  .filter(([coding]) => coding !== "br" || mayDecodeBrotli()); // prettier-ignore

const answered = (answer: Answered | string): Answered => {
  if (typeof answer === "string") throw new Error(`refused: ${answer}`);
  return answer;
};

describe("no connection is ever made to a refused address", () => {
  test.each([
    ["literals", (port: number) => `http://127.0.0.1:${port}/`, "EGRESS_ADDRESS"],
    ["mapped literals", (port: number) => `http://[::ffff:127.0.0.1]:${port}/`, "EGRESS_ADDRESS"],
    ["numbers", (port: number) => `http://2130706433:${port}/`, "EGRESS_ADDRESS"],
    ["local names", (port: number) => `http://localhost:${port}/`, "EGRESS_LOCAL_NAME"],
    ["names that resolve to it", (port: number) => `http://rebind.example:${port}/`, "EGRESS_DNS_ADDRESS"],
    ["names that resolve to it mapped", (port: number) => `http://mapped.example:${port}/`, "EGRESS_DNS_ADDRESS"],
    [
      "names with one bad answer among good ones",
      (port: number) => `http://mixed.example:${port}/`,
      "EGRESS_DNS_ADDRESS",
    ],
  ])("by %s", async (_kind, url, code) => {
    await using server = await loopback((_request, response) => response.end("inside"));
    const lookup = lookupOf({
      "rebind.example": ["127.0.0.1"],
      "mapped.example": ["::ffff:127.0.0.1"],
      "mixed.example": ["127.0.0.1", "8.8.8.8"],
    });
    expect(await ask({ hosts: ["*"], http: true, ports: [server.port], lookup }, url(server.port))).toBe(code);
    expect(server.connections()).toBe(0);
  });

  test("by a redirect to any of these", async () => {
    await using inside = await loopback((_request, response) => response.end("inside"));
    for (const [location, code] of [
      [`http://127.0.0.1:${inside.port}/`, "EGRESS_ADDRESS"],
      [`//0x7f.1:${inside.port}/`, "EGRESS_ADDRESS"],
      [`http://[::ffff:127.0.0.1]:${inside.port}/`, "EGRESS_ADDRESS"],
      [`http://localhost:${inside.port}/`, "EGRESS_LOCAL_NAME"],
      [`http://rebind.example:${inside.port}/`, "EGRESS_DNS_ADDRESS"],
      [`http://user@a.example/`, "EGRESS_USERINFO"],
      ["file:///etc/hosts", "EGRESS_SCHEME"],
      ["data:text/plain,hi", "EGRESS_SCHEME"],
      ["http://", "EGRESS_URL"],
    ] as const) {
      await using server = await loopback((_request, response) => response.writeHead(302, { location }).end());
      const lookup = lookupOf({ "rebind.example": ["127.0.0.1"] });
      expect(await ask(allowing(server, { lookup, ports: [inside.port] }), server.url)).toBe(code);
    }
    expect(inside.connections()).toBe(0);
  });

  test("by a name that resolves well at first and to it afterwards", async () => {
    await using server = await loopback((_request, response) => response.end("inside"));
    const answers = [["192.0.2.1"], ["127.0.0.1"]];
    const lookup: ReturnType<typeof lookupOf> = (hostname, options, callback) =>
      lookupOf({ [hostname]: answers.shift() ?? [] })(hostname, options, callback);
    const policy = { hosts: ["*"], http: true, ports: [server.port], lookup };
    const client = createEgressClient(policy);
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(read(client, { url: `http://rebind.example:${server.port}/` })).rejects.toMatchObject({
        code: "EGRESS_DNS_ADDRESS",
      });
    }
    await client.close();
    expect(server.connections()).toBe(0);
  });

  test("a resolver that names an exception's address opens that port alone", async () => {
    await using server = await loopback((_request, response) => response.end("hello"));
    await using other = await loopback((_request, response) => response.end("inside"));
    const policy = allowing(server, { lookup: lookupOf({ "orders.acme.example": ["127.0.0.1"] }) });
    expect(answered(await ask(policy, `http://orders.acme.example:${server.port}/`)).text).toBe("hello");
    expect(server.requests[0]?.headers.host).toBe(`orders.acme.example:${server.port}`);
    expect(await ask(policy, `http://orders.acme.example:${other.port}/`)).toBe("EGRESS_PORT");
    expect(other.connections()).toBe(0);
  });

  test("an exception by name does not open link-local or metadata addresses", async () => {
    const policy = {
      hosts: [], http: true, private: ["orders.internal:9000"],
      lookup: lookupOf({ "orders.internal": ["169.254.169.254"] }),
    }; // prettier-ignore
    expect(await ask(policy, "http://orders.internal:9000/")).toBe("EGRESS_DNS_ADDRESS");
  });

  test("names that do not resolve, or to no address, are refused", async () => {
    const policy = { hosts: ["*"], lookup: lookupOf({ "empty.example": [], "strange.example": ["not an address"] }) };
    for (const name of ["absent.example", "empty.example", "strange.example"]) {
      expect(await ask(policy, `https://${name}/`)).toBe("EGRESS_DNS");
    }
  });

  test("proxy variables of the environment are not read", async () => {
    await using proxy = await loopback((_request, response) => response.end("proxied"));
    await using server = await loopback((_request, response) => response.end("direct"));
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: proxy.url,
      http_proxy: proxy.url,
      ALL_PROXY: proxy.url,
      NODE_USE_ENV_PROXY: "1",
    });
    try {
      expect(answered(await ask(allowing(server), server.url)).text).toBe("direct");
    } finally {
      process.env = before;
    }
    expect(proxy.connections()).toBe(0);
  });
});

describe("redirects", () => {
  test("are followed hop by hop, with the method and body the standard asks for", async () => {
    await using server = await loopback((request, response) => {
      const [, status] = /^\/go\/(\d+)$/.exec(request.url ?? "") ?? [];
      if (status !== undefined) response.writeHead(Number(status), { location: "/end#there" }).end();
      else response.end("end");
    });
    for (const [status, method, body] of [
      [301, "GET", ""],
      [302, "GET", ""],
      [303, "GET", ""],
      [307, "POST", "data"],
      [308, "POST", "data"],
    ] as const) {
      // prettier-ignore
      const request = { url: `${server.url}/go/${status}`, method: "POST", body: Buffer.from("data") };
      const answer = answered(await ask(allowing(server), request));
      expect(answer).toMatchObject({ status: 200, redirected: true, url: `${server.url}/end`, text: "end" });
      expect(server.requests.at(-1)).toMatchObject({ method, body });
    }
  });

  test("end at the limit, and not one before", async () => {
    await using server = await loopback((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
      else response.end("end");
    });
    expect(answered(await ask(allowing(server), `${server.url}/5`)).text).toBe("end");
    expect(await ask(allowing(server), `${server.url}/6`)).toBe("EGRESS_REDIRECTS");
  });

  test("are an error, or are given back, where the request says so", async () => {
    await using server = await loopback((_request, response) =>
      response.writeHead(302, { location: "/x" }).end("moved"),
    );
    expect(await ask(allowing(server), { url: server.url, redirect: "error" })).toBe("EGRESS_REDIRECT");
    const manual = answered(await ask(allowing(server), { url: server.url, redirect: "manual" }));
    expect(manual).toMatchObject({ status: 302, redirected: false, text: "moved" });
  });

  test("to another origin leave credentials behind", async () => {
    await using other = await loopback((_request, response) => response.end("other"));
    await using server = await loopback((_request, response) =>
      response.writeHead(307, { location: `${other.url}/` }).end(),
    );
    const headers = [["Authorization", "Bearer x"], ["Cookie", "a=b"], ["X-Kept", "yes"]] as const; // prettier-ignore
    await ask(allowing(server, { private: [server.place, other.place] }), { url: server.url, headers });
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer x", cookie: "a=b" });
    expect(other.requests[0]?.headers).toMatchObject({ "x-kept": "yes" });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(other.requests[0]?.headers.cookie).toBeUndefined();
  });
});

describe("caps, from both sides", () => {
  test("the response's body", async () => {
    await using server = await loopback((request, response) => response.end("x".repeat(Number(request.url?.slice(1)))));
    const limits = { responseBytes: 1_000 };
    expect(answered(await ask(allowing(server), { url: `${server.url}/1000`, limits })).text).toHaveLength(1_000);
    expect(await ask(allowing(server), { url: `${server.url}/1001`, limits })).toBe("EGRESS_RESPONSE_BODY");
  });

  test.each(CODINGS)(
    "the body as it is after %s, so that a bomb does not go off",
    async (encoding, compress) => {
      await using server = await loopback((request, response) => {
        response.writeHead(200, { "content-encoding": encoding });
        response.end(compress(Buffer.alloc(Number(request.url?.slice(1)), 97)));
      });
      const limits = { responseBytes: 100_000 };
      expect(answered(await ask(allowing(server), { url: `${server.url}/100000`, limits })).text).toHaveLength(100_000);
      expect(await ask(allowing(server), { url: `${server.url}/50000000`, limits })).toBe("EGRESS_RESPONSE_BODY");
    },
  ); // prettier-ignore

  test.each([
    ["a raw deflate", "deflate", (text: string) => deflateRawSync(text)],
    ["an empty text in gzip", "gzip", (text: string) => Buffer.from(text.slice(0, 0))],
    ["an empty text in deflate", "deflate", (text: string) => Buffer.from(text.slice(0, 0))],
    ["a gzip without its end", "gzip", (text: string) => gzipSync(text).subarray(0, -5)],
    ["a gzip of which half came", "gzip", (text: string) => gzipSync(text).subarray(0, 40)],
    ["a gzip of which only the header came", "gzip", (text: string) => gzipSync(text).subarray(0, 5)],
    ["a deflate without its end", "deflate", (text: string) => deflateSync(text).subarray(0, -3)],
    ["a raw deflate without its end", "deflate", (text: string) => deflateRawSync(text).subarray(0, -3)],
    ["a gzip of two members", "gzip", (text: string) => Buffer.concat([gzipSync(text), gzipSync(text)])],
    ["a gzip before zeros", "gzip", (text: string) => Buffer.concat([gzipSync(text), Buffer.alloc(9)])],
    [
      "a gzip without its end in a deflate",
      "gzip, deflate",
      (text: string) => deflateSync(gzipSync(text).subarray(0, -5)),
    ],
    ["gzip in a raw deflate", "gzip, deflate", (text: string) => deflateRawSync(gzipSync(text))],
  ] as const)("%s is read as Node's own fetch reads it", async (_name, encoding, compress) => {
    const text = "what servers really send ".repeat(100);
    await using server = await loopback((_request, response) =>
      response.writeHead(200, { "content-encoding": encoding }).end(compress(text)),
    );
    const read = answered(await ask(allowing(server), server.url)).text;
    expect(read).toBe(await (await fetch(server.url)).text());
  });

  test("an encoding that was not asked for, or a broken one, is an error", async () => {
    await using server = await loopback((request, response) =>
      response.writeHead(200, { "content-encoding": request.url?.slice(1) }).end("not compressed"),
    );
    expect(await ask(allowing(server), `${server.url}/zstd`)).toBe("EGRESS_ENCODING");
    expect(await ask(allowing(server), `${server.url}/gzip`)).toBe("EGRESS_ENCODING");
    expect(answered(await ask(allowing(server), `${server.url}/identity`)).text).toBe("not compressed");
  });

  test.each(["zstd", "x-made-up", "gzip, zstd", "zstd, gzip", "gzip, gzip, gzip, gzip", "aes128gcm"])(
    "an encoding that is not known (%s) is passed on as it came where the caller says so, as by Node's own fetch",
    async (encoding) => {
      const sent = Buffer.from([40, 181, 47, 253, 0, 1, 2, 255]);
      await using server = await loopback((_request, response) =>
        response.writeHead(200, { "content-encoding": encoding }).end(sent),
      );
      const read = await ask(allowing(server), { url: server.url, mayPassCoded: () => true });
      expect(answered(read).text).toBe(sent.toString());
      // zstd is decoded by some versions of Node.
      if (!encoding.includes("zstd") && !encoding.includes("gzip"))
        expect(Buffer.from(await (await fetch(server.url)).arrayBuffer())).toEqual(sent);
      expect(await ask(allowing(server), { url: server.url, mayPassCoded: () => false })).toBe("EGRESS_ENCODING");
    },
  );

  test("Brotli is neither asked for nor decoded where its decoder has a known hole", async () => {
    await using server = await loopback((_request, response) => {
      response.writeHead(200, { "content-encoding": "br" }).end(brotliCompressSync("compressed"));
    });
    const answer = await ask(allowing(server), server.url);
    const accepted = server.requests[0]?.headers["accept-encoding"];
    if (mayDecodeBrotli()) {
      expect(answered(answer).text).toBe("compressed");
      expect(accepted).toBe("gzip, deflate, br");
    } else {
      expect(answer).toBe("EGRESS_ENCODING");
      expect(accepted).toBe("gzip, deflate");
    }
  });

  test("the request's body and headers", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    const limits = { requestBytes: 10, requestHeaderBytes: 300 };
    const post = (size: number) => ({ url: server.url, method: "POST", body: Buffer.alloc(size, 97), limits });
    expect(answered(await ask(allowing(server), post(10))).text).toBe("ok");
    expect(await ask(allowing(server), post(11))).toBe("EGRESS_REQUEST_BODY");
    const head = (size: number) => ({ url: server.url, headers: [["x-long", "x".repeat(size)]] as const, limits });
    expect(answered(await ask(allowing(server), head(150))).text).toBe("ok");
    expect(await ask(allowing(server), head(300))).toBe("EGRESS_REQUEST_HEADERS");
  });

  test("the URL", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    const limits = { urlBytes: 200 };
    const url = (bytes: number) => `${server.url}/`.padEnd(bytes, "x");
    expect(answered(await ask(allowing(server), { url: url(200), limits })).text).toBe("ok");
    expect(await ask(allowing(server), { url: url(201), limits })).toBe("EGRESS_URL");
  });

  test("the response's headers", async () => {
    await using server = await loopback((request, response) =>
      response.writeHead(200, { "x-long": "x".repeat(Number(request.url?.slice(1))) }).end("ok"),
    );
    expect(answered(await ask(allowing(server), `${server.url}/8000`)).text).toBe("ok");
    expect(await ask(allowing(server), `${server.url}/17000`)).toBe("EGRESS_RESPONSE_HEADERS");
  });

  test("time: an answer that never comes, and a body that never ends", async () => {
    await using server = await loopback((request, response) => {
      if (request.url === "/body") response.writeHead(200).write("begin");
    });
    const limits = { timeoutMs: 150 };
    expect(await ask(allowing(server), { url: `${server.url}/head`, limits })).toBe("EGRESS_TIMEOUT");
    expect(await ask(allowing(server), { url: `${server.url}/body`, limits })).toBe("EGRESS_TIMEOUT");
  });

  test("a signal ends the request, before and while its body comes", async () => {
    await using server = await loopback((_request, response) => response.writeHead(200).write("begin"));
    expect(await ask(allowing(server), { url: server.url, signal: AbortSignal.abort() })).toBe("EGRESS_ABORTED");
    const ending = new AbortController();
    const client = createEgressClient(allowing(server));
    const response = await client.request({ url: server.url, signal: ending.signal });
    const body = response.body[Symbol.asyncIterator]();
    await body.next();
    ending.abort();
    await expect(body.next()).rejects.toMatchObject({ code: "EGRESS_ABORTED" });
    await client.close();
  });

  test("bodies that nobody reads end with the client, without a stray error", async () => {
    await using server = await loopback((_request, response) => response.writeHead(200).write("begin"));
    const client = createEgressClient(allowing(server), { limits: { timeoutMs: 50 } });
    const response = await client.request({ url: server.url });
    await new Promise((later) => setTimeout(later, 80));
    expect(response.status).toBe(200);
    await client.close();
  });
});

describe("what is sent", () => {
  test("framing headers are the runtime's alone: what a request says of them is left out", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    const client = createEgressClient(allowing(server));
    const body = new TextEncoder().encode("four");
    const reserved = [
      ["Host", "evil.example"], ["Content-Length", "3"], ["content-length", "4"], ["Transfer-Encoding", "chunked"],
      ["Connection", "close, x-kept"], ["Proxy-Authorization", "x"], ["TE", "trailers"], ["Trailer", "x"], ["Upgrade", "h2c"],
      ["Expect", "100-continue"], ["Via", "1.1 x"], ["Keep-Alive", "timeout=1"], ["x-kept", "yes"],
    ] as const; // prettier-ignore
    await read(client, { url: server.url, method: "POST", headers: reserved, body });
    await client.close();
    const { headers } = server.requests[0]!;
    expect(headers).toMatchObject({ host: new URL(server.url).host, "content-length": "4", "x-kept": "yes" });
    for (const name of [
      "transfer-encoding",
      "proxy-authorization",
      "te",
      "trailer",
      "upgrade",
      "expect",
      "via",
      "keep-alive",
    ])
      expect(headers).not.toHaveProperty(name);
    expect(headers.connection).not.toContain("close");
  });

  test("malformed headers do not go out", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    for (const header of [
      ["x-bad", "a\r\nb: c"],
      ["bad name", "x"],
      ["x-null", "\u0000"],
    ] as const) {
      // prettier-ignore
      expect(await ask(allowing(server), { url: server.url, headers: [header] })).toBe("EGRESS_HEADER");
    }
    expect(server.connections()).toBe(0);
  });

  test("no cookie is kept between requests", async () => {
    await using server = await loopback((_request, response) => response.setHeader("set-cookie", "a=b").end("ok"));
    const client = createEgressClient(allowing(server));
    await read(client, { url: server.url });
    const second = await read(client, { url: server.url });
    await client.close();
    expect(second.headers).toContainEqual(["set-cookie", "a=b"]);
    expect(server.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  });

  test("what is no HTTP is an error, and so is a server that hangs up", async () => {
    await using noise = await serve(createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n\r\n")));
    await using silent = await serve(createTcpServer((socket) => socket.destroy()));
    expect(await ask(allowing(noise), noise.url)).toBe("EGRESS_NETWORK");
    expect(await ask(allowing(silent), silent.url)).toBe("EGRESS_NETWORK");
    expect(await ask(allowing(silent), `https://127.0.0.1:${silent.port}`)).toBe("EGRESS_TLS");
  });

  test("a closed client sends nothing", async () => {
    const client = createEgressClient({ hosts: ["*"] });
    await client.close();
    await expect(client.request({ url: "https://a.example" })).rejects.toMatchObject({ code: "EGRESS_ABORTED" });
  });
});
