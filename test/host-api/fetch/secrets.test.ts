import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { createEgress, createEgressClient, createEgressRun, secretsSchema } from "../../../host-api/fetch/index.ts";
import type { EgressPolicy, FetchLimits, Secrets } from "../../../host-api/fetch/index.ts";
import { createRedactor } from "../../../host-api/secrets/redact.ts";
import { allowing, lookupOf, loopback } from "./loopback.ts";

const signal = new AbortController().signal;
type Sent = {
  status?: number;
  headers?: [string, string][];
  error?: { code: string; message: string };
  done?: boolean;
};

/** Sends as the guest's half does and reads the whole body. */
function session(policy: EgressPolicy | null, secrets: Secrets = {}, limits: Partial<FetchLimits> = {}) {
  const client = createEgressClient(policy);
  const run = createEgressRun({ client, secrets, limits });
  const placeholders = (run.preludeData as { secrets: Record<string, string> }).secrets;
  let next = 0;
  return {
    placeholders,
    functions: run.functions,
    async fetch(url: string, headers: [string, string][] = [], body?: string): Promise<{ head: Sent; body: string }> {
      next += 1;
      const args = { id: next, url, method: body === undefined ? "GET" : "POST", headers, redirect: "follow" };
      const bytes = body === undefined ? {} : { bytes: Buffer.from(body) };
      let answer = await run.functions["fetch.send"]!.handle({ args, signal, ...bytes });
      const head = answer.value as Sent;
      const chunks = [answer.bytes ?? new Uint8Array()];
      while ((answer.value as Sent).done === false) {
        answer = await run.functions["fetch.read"]!.handle({ args: { id: next }, signal });
        chunks.push(answer.bytes ?? new Uint8Array());
      }
      return {
        head: (answer.value as Sent).error ? (answer.value as Sent) : head,
        body: Buffer.concat(chunks).toString(),
      };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const VALUE = `s3cr3t/+"to ken`;

describe("a secret", () => {
  test("goes out in a header to its own host, and the placeholder alone is seen inside", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    await using door = session(allowing(server), { TOKEN: { value: VALUE, hosts: [server.place] } });
    const { TOKEN = "" } = door.placeholders;
    expect(JSON.stringify(door.placeholders)).not.toContain("s3cr3t");
    await door.fetch(server.url, [["authorization", `Bearer ${TOKEN}`], ["x-both", `${TOKEN},${TOKEN}`]]); // prettier-ignore
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${VALUE}`);
    expect(server.requests[0]?.headers["x-both"]).toBe(`${VALUE},${VALUE}`);
  });

  test("makes a basic credential of a user and the value", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    await using door = session(allowing(server), { LOGIN: { value: "pässword", hosts: ["127.0.0.1"] } });
    const user = Buffer.from("bötty").toString("base64url");
    await door.fetch(server.url, [["authorization", `Basic ${door.placeholders["LOGIN"]}.basic.${user}.`]]);
    const sent = server.requests[0]?.headers.authorization ?? "";
    expect(Buffer.from(sent.replace("Basic ", ""), "base64").toString()).toBe("bötty:pässword");
  });

  test("does not go to another host, in another place, or under another name", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    await using door = session(allowing(server), { TOKEN: { value: VALUE, hosts: ["api.acme.example"] } });
    const { TOKEN = "" } = door.placeholders;
    const refused = async (url: string, headers: [string, string][], body?: string) =>
      (await door.fetch(url, headers, body)).head.error?.code;
    expect(await refused(server.url, [["x", TOKEN]])).toBe("EGRESS_SECRET_HOST");
    expect(await refused(`${server.url}/?key=${TOKEN}`, [])).toBe("EGRESS_SECRET_PLACE");
    expect(await refused(server.url, [], `{"key":"${TOKEN}"}`)).toBe("EGRESS_SECRET_PLACE");
    expect(await refused(server.url, [["x", TOKEN.replace("TOKEN", "OTHER")]])).toBe("EGRESS_SECRET");
    expect(server.connections()).toBe(0);
  });

  test("stays behind when a redirect leaves for another origin, even one it is meant for", async () => {
    await using other = await loopback((_request, response) => response.end("other"));
    await using server = await loopback((_request, response) =>
      response.writeHead(307, { location: `${other.url}/` }).end(),
    );
    const policy = allowing(server, { private: [server.place, other.place] });
    await using door = session(policy, { TOKEN: { value: VALUE, hosts: ["127.0.0.1"] } });
    const { body } = await door.fetch(server.url, [["x-key", door.placeholders["TOKEN"] ?? ""]]);
    expect(body).toBe("other");
    expect(server.requests[0]?.headers["x-key"]).toBe(VALUE);
    expect(other.requests[0]?.headers["x-key"]).toBeUndefined();
  });

  test("cannot come back in an encoding that is not known: such a body is passed on only from where no secret can be", async () => {
    const coded = (end: string) => async () =>
      loopback((_request, response) => response.writeHead(200, { "content-encoding": "x-rot13" }).end(end));
    await using other = await coded("passed on")();
    await using own = await coded("f3pe3g")();
    await using server = await loopback((_request, response) =>
      response.writeHead(307, { location: `${other.url}/` }).end(),
    );
    const policy = allowing(server, { private: [server.place, other.place, own.place] });
    const hosts = [server.place, own.place];
    await using door = session(policy, { TOKEN: { value: VALUE, hosts } });
    expect((await door.fetch(other.url)).body).toBe("passed on");
    expect((await door.fetch(own.url)).head.error).toMatchObject({ code: "EGRESS_ENCODING" });
    expect((await door.fetch(server.url)).head.error).toMatchObject({ code: "EGRESS_ENCODING" });
    await using without = session(policy);
    expect((await without.fetch(own.url)).body).toBe("f3pe3g");
  });

  test("goes over plain http to an exception only", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    const lookup = lookupOf({ "api.acme.example": ["127.0.0.1"], "far.acme.example": ["8.8.8.8"] });
    await using door = session(allowing(server, { lookup }), { TOKEN: { value: VALUE, hosts: ["*.acme.example"] } });
    const headers: [string, string][] = [["x-key", door.placeholders["TOKEN"] ?? ""]];
    expect((await door.fetch(`http://api.acme.example:${server.port}`, headers)).body).toBe("ok");
    expect((await door.fetch("http://far.acme.example", headers)).head.error?.code).toBe("EGRESS_SECRET_HTTP");
  });

  test("that a server sends back is redacted in headers, bodies and error texts, in every spelling", async () => {
    const spellings = [
      VALUE, encodeURIComponent(VALUE), encodeURIComponent(VALUE).toLowerCase(), new URLSearchParams({ v: VALUE }).toString(),
      Buffer.from(VALUE).toString("base64"), Buffer.from(VALUE).toString("base64url"), JSON.stringify({ v: VALUE }),
      ...["u:", "us:", "use:"].map((user) => Buffer.from(`${user}${VALUE}, and more`).toString("base64")),
      encodeURIComponent(Buffer.from(`u:${VALUE}`).toString("base64")),
      [...Buffer.from(VALUE)].map((byte) => `%${byte.toString(16)}`).join(""),
    ]; // prettier-ignore
    await using server = await loopback((request, response) => {
      const text = spellings[Number(request.url?.slice(1))] ?? "";
      response.writeHead(200, { "x-echo": text, "content-encoding": "gzip" }).end(gzipSync(`before ${text} after`));
    });
    await using door = session(allowing(server), { TOKEN: { value: VALUE, hosts: ["127.0.0.1"] } });
    for (const [at, spelling] of spellings.entries()) {
      const { head, body } = await door.fetch(`${server.url}/${at}`);
      for (const text of [body, JSON.stringify(head.headers)]) {
        expect(text).toContain("[redacted]");
        expect(text).not.toContain(spelling);
      }
      expect(body).toMatch(/^before .*after$/);
    }
  });
});

describe("redaction", () => {
  const secret = fc
    .string({ minLength: 8, maxLength: 30, unit: "grapheme-ascii" })
    .filter((text) => /^[!-~][ -~]*[!-~]$/.test(text));
  const spell = (value: string, how: number): string =>
    [
      value,
      encodeURIComponent(value),
      Buffer.from(value).toString("base64"),
      Buffer.from(`x${value}y`).toString("base64url"),
      Buffer.from(`xy${value}`).toString("base64"),
      JSON.stringify(value).slice(1, -1),
    ][how] ?? value;

  test("finds a value wherever the chunks were cut", () => {
    fc.assert(
      fc.property(
        secret,
        fc.nat(5),
        fc.string({ maxLength: 40 }),
        fc.array(fc.nat(100), { maxLength: 6 }),
        (value, how, around, cuts) => {
          const spelled = spell(value, how);
          const redactor = createRedactor({ A: { value, hosts: ["a.example"] } });
          const bytes = Buffer.from(`${around} ${spelled} ${around}`);
          const filter = redactor.stream();
          const places = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])].sort(
            (a, b) => a - b,
          );
          const pieces = places.slice(1).map((end, at) => filter.push(bytes.subarray(places[at], end)));
          const out = Buffer.concat([...pieces, filter.end()]).toString();
          expect(out).not.toContain(spelled);
          expect(out).toContain("[redacted]");
          expect(redactor.text(`${around} ${spelled}`)).not.toContain(spelled);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("leaves everything else alone, and holds back nothing that is no beginning of a secret", () => {
    const redactor = createRedactor({ A: { value: "s3cr3t-value", hosts: ["a.example"] } });
    const filter = redactor.stream();
    expect(Buffer.from(filter.push(Buffer.from("data: hello\n\n"))).toString()).toBe("data: hello\n\n");
    expect(Buffer.from(filter.push(Buffer.from("data: s3cr"))).toString()).toBe("data: ");
    expect(Buffer.from(filter.push(Buffer.from("ew\n"))).toString()).toBe("s3crew\n");
    expect(Buffer.from(filter.end()).toString()).toBe("");
    expect(redactor.json({ "s3cr3t-value": ["a s3cr3t-value", 1, null, true] })).toEqual({
      "[redacted]": ["a [redacted]", 1, null, true],
    });
    expect(redactor.text("s3cr3t-valu")).toBe("s3cr3t-valu");
  });
});

describe("the functions of a run", () => {
  test("send at most so many requests at once", async () => {
    let open = 0;
    let most = 0;
    await using server = await loopback((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end("ok");
      }, 15);
    });
    await using door = session(allowing(server), {}, { concurrent: 3 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => door.fetch(server.url)));
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 10 }, () => "ok"));
    expect(most).toBe(3);
  });

  test("give a streamed body as it comes, and end it when the guest gives up", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await loopback((_request, response) => {
      response.on("close", closed.resolve);
      response.writeHead(200).write("one");
    });
    await using door = session(allowing(server));
    const send = { id: 1, url: server.url, method: "GET", headers: [], redirect: "follow" };
    const first = await door.functions["fetch.send"]!.handle({ args: send, signal });
    const piece = first.bytes?.byteLength
      ? first
      : await door.functions["fetch.read"]!.handle({ args: { id: 1 }, signal });
    expect(Buffer.from(piece.bytes ?? []).toString()).toBe("one");
    const reading = door.functions["fetch.read"]!.handle({ args: { id: 1 }, signal });
    await door.functions["fetch.cancel"]!.handle({ args: { id: 1 }, signal });
    expect((await reading).value).toMatchObject({ error: { code: "EGRESS_ABORTED" } });
    await closed.promise;
  });

  test("end with the run's signal", async () => {
    await using server = await loopback(() => {});
    await using door = session(allowing(server));
    const ending = new AbortController();
    const args = { id: 1, url: server.url, method: "GET", headers: [], redirect: "follow" };
    const sent = door.functions["fetch.send"]!.handle({ args, signal: ending.signal });
    setTimeout(() => ending.abort(), 20);
    expect((await sent).value).toMatchObject({ error: { code: "EGRESS_ABORTED" } });
  });

  test("take nothing that breaks their schema", async () => {
    await using door = session({ hosts: ["*"] });
    for (const args of [
      null,
      [],
      {},
      { id: 0 },
      { id: 1, url: 1 },
      { id: 1, url: "", method: "GET", headers: [["a"]], redirect: "follow" },
    ]) {
      await expect(door.functions["fetch.send"]!.handle({ args, signal })).rejects.toThrow();
    }
  });
});

describe("a tenant's egress", () => {
  test("is what the function says for it, and a client is kept while the policy stays", async () => {
    const egress = createEgress((tenant) => (tenant === "a" ? { hosts: ["a.example"] } : null));
    const first = await egress.acquire("a");
    const second = await egress.acquire("a");
    const none = await egress.acquire("b");
    expect(second.client).toBe(first.client);
    await expect(none.client.request({ url: "https://a.example" })).rejects.toMatchObject({ code: "EGRESS_NO_POLICY" });
    await expect(first.client.request({ url: "https://b.example" })).rejects.toMatchObject({ code: "EGRESS_HOST" });
    await egress.close();
  });
});

test("secrets are one line of text for named hosts", () => {
  const hosts = ["api.acme.example", "*.acme.example", "127.0.0.1:8080"];
  expect(secretsSchema.safeParse({ ORDERS_TOKEN: { value: "abcd", hosts } }).success).toBe(true);
  for (const bad of [
    { A: { value: "abcd", hosts: ["*"] } },
    { A: { value: "abcd", hosts: [] } },
    { A: { value: "abc", hosts } },
    { A: { value: "ab\ncd", hosts } },
    { "not-a-name": { value: "abcd", hosts } },
    { A: "abcd" },
  ]) {
    expect(secretsSchema.safeParse(bad).success).toBe(false);
  }
});
