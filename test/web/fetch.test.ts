import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "@jest/globals";
import { createEgressClient, createEgressRun } from "../../host-api/fetch/index.ts";
import type { EgressPolicy, FetchLimits, Secrets } from "../../host-api/fetch/index.ts";
import type { HostFunctions, Json } from "../../sandbox/index.ts";
import { allowing, loopback } from "../host-api/fetch/loopback.ts";
import { startBoth } from "./both.ts";
import type { Lines } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

interface Egress {
  readonly policy: EgressPolicy | null;
  readonly secrets?: Secrets;
  readonly limits?: Partial<FetchLimits>;
}

async function run(lines: Lines, input: unknown, { policy, secrets = {}, limits = {} }: Egress): Promise<unknown> {
  const client = createEgressClient(policy);
  const egress = createEgressRun({ client, secrets, limits });
  try {
    return await both.inGuest(lines, input, {
      hostFunctions: egress.functions as unknown as HostFunctions,
      preludeData: { fetch: egress.preludeData as Json },
    });
  } finally {
    await client.close();
  }
}

describe("fetch in an action", () => {
  test("sends what it is given and gives what came back", async () => {
    await using server = await loopback((request, response, body) => {
      response.writeHead(201, "Made", [["x-a", "1"], ["set-cookie", "a=b"], ["set-cookie", "c=d"]].flat()); // prettier-ignore
      response.end(
        JSON.stringify({ method: request.method, url: request.url, type: request.headers["content-type"], body }),
      );
    });
    const answer = await run(
      `const r = await fetch(new URL("/orders?x=1#frag", input), { method: "post", headers: { "x-b": "2" }, body: new URLSearchParams({ a: "é" }) });
       return [r.status, r.statusText, r.ok, r.url, r.redirected, r.type, r.headers.get("x-a"), r.headers.getSetCookie(), r instanceof Response, await r.json(), r.bodyUsed];`,
      server.url,
      { policy: allowing(server) },
    );
    expect(answer).toEqual([
      201, "Made", true, `${server.url}/orders?x=1`, false, "basic", "1", ["a=b", "c=d"], true,
      { method: "POST", url: "/orders?x=1", type: "application/x-www-form-urlencoded;charset=UTF-8", body: "a=%C3%A9" }, true,
    ]); // prettier-ignore
    expect(server.requests[0]?.headers).toMatchObject({ "x-b": "2", "user-agent": "baton-runtime" });
  });

  test("gives the same as Node's fetch for the same server", async () => {
    await using server = await loopback((request, response, body) => {
      const path = request.url ?? "";
      if (path === "/redirect") response.writeHead(303, { location: "/echo" }).end();
      else if (path === "/empty") response.writeHead(204).end();
      else
        response
          .setHeader("content-type", "text/plain;charset=utf-8")
          .end(`${request.method} ${request.headers["content-type"]} ${body}`);
    });
    const lines = `
      const out = [];
      for (const [path, init] of [["/echo"], ["/echo", { method: "PUT", body: "text" }], ["/echo", { method: "POST", body: new Uint8Array([65, 66]) }], ["/redirect", { method: "POST", body: "x" }], ["/empty"], ["/echo", { method: "HEAD" }], ["/echo", { method: "DELETE" }], ["/redirect", { redirect: "manual" }]]) {
        const r = await fetch(input + path, init);
        out.push([r.status, r.ok, r.url, r.redirected, r.headers.get("content-type"), r.body === null, await r.text()]);
      }
      for (const f of [() => fetch(), () => fetch("nonsense"), () => fetch(input, { method: "GET", body: "x" }), () => fetch(input + "/redirect", { redirect: "error" }), () => fetch(input, { signal: AbortSignal.abort() })]) {
        try { await f(); out.push("no"); } catch (error) { out.push(error.name); }
      }
      return out;`; // prettier-ignore
    const guest = (await run(lines, server.url, { policy: allowing(server) })) as unknown[][];
    const node = (await both.inNode(lines, server.url)) as unknown[][];
    // A page may not see where a manual redirect leads; an action may.
    expect(guest[7]).toEqual([303, false, `${server.url}/redirect`, false, null, false, ""]);
    expect(guest.toSpliced(7, 1)).toEqual(node.toSpliced(7, 1));
  });

  test("cache, referrer and integrity do what they do in Node", async () => {
    await using server = await loopback((request, response) => {
      const { referer, pragma, "cache-control": cache } = request.headers;
      response.end(request.url === "/fixed" ? "body" : JSON.stringify([referer, pragma, cache]));
    });
    const lines = `
      const digest = async (name) => "sha" + name + "-" + new Uint8Array(await crypto.subtle.digest("SHA-" + name, new TextEncoder().encode("body"))).toBase64();
      const right = await digest(256), long = await digest(512), wrong = "sha384-" + "A".repeat(64);
      const inits = [
        ...["no-store", "reload", "no-cache", "force-cache", "default"].map((cache) => ["/", { cache }]), ["/", { headers: { "if-none-match": "x" } }],
        ["/", { cache: "no-store", headers: { "cache-control": "max-age=9" } }], ["/", { referrer: "" }],
        ...["", "no-referrer", "origin", "unsafe-url", "strict-origin", "no-referrer-when-downgrade"].flatMap((referrerPolicy) =>
          ["https://b.test/p?q#h", "http://u:p@b.test/p", input + "/x?y", "data:,x"].map((referrer) => ["/", { referrer, referrerPolicy }])),
        ...[right, long, wrong, right + " " + wrong, wrong + "  " + long, right.replace(/=+$/, ""), "nonsense", "md5-abc", right + "?opt", "SHA256-abc"].map((integrity) => ["/fixed", { integrity }]),
        ["/fixed", { credentials: "omit", mode: "no-cors", keepalive: true, priority: "low" }], ["/fixed", { mode: "cross" }],
      ];
      const out = [];
      for (const [path, init] of inits) out.push(await fetch(input + path, init).then((r) => r.text(), (error) => [error.name, error.message === "fetch failed" && error.cause?.message]));
      return out;`; // prettier-ignore
    const guest = (await run(lines, server.url, { policy: allowing(server), limits: { calls: 90 } })) as unknown[];
    const node = (await both.inNode(lines, server.url)) as unknown[];
    expect(guest).toEqual(node);
    expect(node.filter(Array.isArray)).toHaveLength(3);
    // Where Node differs from the standard: it takes no two addresses for one origin, and adds to a header that was set.
    const own = `
      const answer = (init) => fetch(input + "/", init).then((r) => r.json(), (error) => error.message);
      const referrer = input + "/x?y";
      return [await answer({ referrer, referrerPolicy: "same-origin" }), await answer({ referrer, referrerPolicy: "origin-when-cross-origin" }),
        await answer({ referrer: "https://b.test/p", referrerPolicy: "same-origin" }), await answer({ referrer, headers: { referer: "https://c.test/" } }),
        await answer({ method: "HEAD", integrity: "sha256-abc" })].map((one) => Array.isArray(one) ? one[0] : one);`; // prettier-ignore
    const same = `${server.url}/x?y`;
    const told = await run(own, server.url, { policy: allowing(server) });
    expect(told).toEqual([same, same, null, "https://c.test/", "fetch failed"]);
  });

  test("sends what Node's fetch sends, for generated requests", async () => {
    await using server = await loopback((request, response, body) => {
      const { method, url, headers } = request;
      const own = Object.entries(headers).filter(([name]) => /^(x-|content-type$|content-length$|accept$)/.test(name));
      const seen = JSON.stringify([method, url, own.map(String).toSorted(), body]);
      // Boundaries are made up, and not of the same length.
      const isForm = seen.includes("formdata-");
      response.end(isForm ? seen.replaceAll(/-{4,6}formdata-[\w-]+/g, "BOUNDARY").replace(/content-length,\d+/, "") : seen); // prettier-ignore
    });
    const text = fc.string({ unit: "binary", maxLength: 8 });
    const header = fc.tuple(fc.constantFrom("x-a", "X-B", "content-type", "Accept", "x-c"), fc.oneof(fc.constantFrom("1", " two ", "é", "a, b"), fc.string({ maxLength: 8 }))); // prettier-ignore
    const request = fc.record({
      path: fc.oneof(text, fc.constantFrom("a/../b?x=1#y", "é?ü=ß", "%zz", "a b", "?", "//x")),
      method: fc.constantFrom("GET", "post", "PUT", "PATCH", "DELETE", "head", "options"),
      headers: fc.array(header, { maxLength: 3 }),
      body: fc.option(fc.tuple(fc.constantFrom("text", "bytes", "params", "blob", "form"), text), { freq: 3 }),
    });
    const requests = fc.sample(request, { numRuns: 90, seed: 20_261_122 });
    const lines = `
      const bodyOf = ([kind, text]) => kind === "bytes" ? new TextEncoder().encode(text) : kind === "params" ? new URLSearchParams({ a: text }) : kind === "blob" ? new Blob([text], { type: "a/b" })
        : kind === "form" ? (() => { const form = new FormData(); form.append("f", new Blob([text]), "n.txt"); return form; })() : text;
      const out = [];
      for (const { path, method, headers, body } of input.requests) {
        try {
          const response = await fetch(input.url + "/" + path, { method, headers, ...(body ? { body: bodyOf(body) } : {}) });
          out.push([response.status, response.url, await response.text()]);
        } catch (error) { out.push(error.name); }
      }
      return out;`;
    const input = { url: server.url, requests };
    const guest = (await run(lines, input, { policy: allowing(server), limits: { calls: 90 } })) as unknown[];
    const node = (await both.inNode(lines, input)) as unknown[];
    const differing = requests.map((one, at) => [one, guest[at], node[at]]).filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b)); // prettier-ignore
    expect(differing.slice(0, 3)).toEqual([]);
    expect(node.filter((answer) => typeof answer !== "string").length).toBeGreaterThan(40);
  });

  test("refuses with a TypeError that carries the rule's code", async () => {
    await using server = await loopback((_request, response) => response.end("inside"));
    const lines = `const out = []; for (const url of input) { try { await fetch(url); out.push("no"); } catch (e) { out.push([e instanceof TypeError, e.code]); } } return out;`;
    const urls = ["http://127.0.0.1:1", "https://other.example", "data:text/plain,x", "blob:x", "about:blank", "file:///etc/hosts", "https://u:p@a.example", "http://a.example", "https://localhost"]; // prettier-ignore
    const codes = ["EGRESS_HTTP", "EGRESS_HOST", "EGRESS_SCHEME", "EGRESS_SCHEME", "EGRESS_SCHEME", "EGRESS_SCHEME", "EGRESS_USERINFO", "EGRESS_HTTP", "EGRESS_LOCAL_NAME"]; // prettier-ignore
    expect(await run(lines, urls, { policy: { hosts: ["api.acme.example"] } })).toEqual(
      codes.map((code) => [true, code]),
    );
    expect(await run(lines, [server.url], { policy: null })).toEqual([[true, "EGRESS_NO_POLICY"]]);
    expect(server.connections()).toBe(0);
  });

  test("streams a body as it comes, and stops the server when it is given up", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await loopback((request, response) => {
      response.writeHead(200);
      let left = request.url === "/endless" ? Infinity : 3;
      const write = () => {
        left -= 1;
        response.write(`data: ${left}\n\n`);
        if (left <= 0 || response.destroyed) return response.end();
        return setTimeout(write, 10);
      };
      write();
      response.on("close", () => request.url === "/endless" && closed.resolve());
    });
    const lines = `
      const whole = []; for await (const text of (await fetch(input + "/three")).body.pipeThrough(new TextDecoderStream())) whole.push(text);
      const reader = (await fetch(input + "/endless")).body.getReader(); const first = await reader.read(); await reader.cancel();
      return [whole.join(""), whole.length > 1, first.value.length > 0];`;
    expect(await run(lines, server.url, { policy: allowing(server) })).toEqual([
      "data: 2\n\ndata: 1\n\ndata: 0\n\n",
      true,
      true,
    ]);
    await closed.promise;
  });

  test("uploads streams, forms and blobs", async () => {
    await using server = await loopback((_request, response, body) => response.end(body));
    const lines = `
      const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("a")); c.enqueue(new TextEncoder().encode("b")); c.close(); } });
      const form = new FormData(); form.append("x", "1"); form.append("f", new File(["content"], "f.txt", { type: "text/plain" }));
      const post = async (body, more) => (await fetch(input, { method: "POST", body, ...more })).text();
      const echoed = await fetch(input, { method: "POST", body: form });
      return [await post(stream, { duplex: "half" }), await post(new Blob(["blob"])), (await echoed.text()).includes('filename="f.txt"')];`;
    expect(await run(lines, server.url, { policy: allowing(server) })).toEqual(["ab", "blob", true]);
  });

  test("is aborted by a signal and by a timeout, with their reasons", async () => {
    await using server = await loopback((request, response) => {
      if (request.url === "/body") response.writeHead(200).write("begin");
    });
    const lines = `
      const out = []; const c = new AbortController(); setTimeout(() => c.abort(new RangeError("enough")), 20);
      try { await fetch(input, { signal: c.signal }); } catch (e) { out.push(e.message); }
      try { await fetch(input, { signal: AbortSignal.timeout(20) }); } catch (e) { out.push(e.name); }
      const r = await fetch(input + "/body", { signal: AbortSignal.any([AbortSignal.timeout(200)]) });
      try { await r.text(); } catch (e) { out.push(e.name); }
      return out;`;
    expect(await run(lines, server.url, { policy: allowing(server) })).toEqual([
      "enough",
      "TimeoutError",
      "TimeoutError",
    ]);
  });

  test("is held to its caps from both sides: calls, request and response", async () => {
    await using server = await loopback((request, response) => response.end("x".repeat(Number(request.url?.slice(1)))));
    const limits = { calls: 4, requestBytes: 10, responseBytes: 100_000 };
    const lines = `
      const out = []; const attempt = async (f) => { try { out.push(await f()); } catch (e) { out.push(e.code); } };
      const size = async (path, init) => (await (await fetch(input + path, init)).text()).length;
      await attempt(() => size("/100000")); await attempt(() => size("/100001"));
      await attempt(() => size("/1", { method: "POST", body: "x".repeat(10) })); await attempt(() => size("/1", { method: "POST", body: "x".repeat(11) }));
      await attempt(() => size("/1")); return out;`;
    expect(await run(lines, server.url, { policy: allowing(server), limits })).toEqual([
      100_000, "EGRESS_RESPONSE_BODY", 1, "EGRESS_REQUEST_BODY", "EGRESS_CALLS",
    ]); // prettier-ignore
    expect(server.requests).toHaveLength(3);
  });

  test("carries a secret without ever holding it", async () => {
    const value = "s3cr3t-token-0123456789";
    await using server = await loopback((request, response) => {
      response.setHeader("x-echo", String(request.headers.authorization));
      response.write(`you sent ${request.headers.authorization?.slice(0, 15)}`);
      setTimeout(() => response.end(`${request.headers.authorization?.slice(15)} bye`), 20);
    });
    const secrets = { TOKEN: { value, hosts: [server.place] }, LOGIN: { value: "passw0rd!", hosts: ["127.0.0.1"] } };
    const seen = (await run(
      `const r = await fetch(input, { headers: { authorization: \`Bearer \${secrets.TOKEN}\` } });
       const b = await fetch(input, { headers: { authorization: secrets.LOGIN.basic("bötty") } });
       const own = [Object.keys(secrets), JSON.stringify(secrets), String(secrets.TOKEN), Object.isFrozen(secrets), "MISSING" in secrets ? "there" : "undefined"];
       return { own, echo: r.headers.get("x-echo"), text: await r.text(), basic: await b.text() };`,
      server.url,
      { policy: allowing(server), secrets },
    )) as { own: unknown[]; echo: string; text: string; basic: string };
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${value}`);
    expect(server.requests[1]?.headers.authorization).toBe(
      `Basic ${Buffer.from("bötty:passw0rd!").toString("base64")}`,
    );
    expect(seen.echo).toBe("Bearer [redacted]");
    expect(seen.text).toBe("you sent Bearer [redacted] bye");
    for (const part of [JSON.stringify(seen)]) {
      expect(part).not.toContain("s3cr3t");
      expect(part).not.toContain(Buffer.from("passw0rd!").toString("base64").slice(0, 10));
    }
    expect(seen.own[0]).toEqual(["TOKEN", "LOGIN"]);
  });
});
