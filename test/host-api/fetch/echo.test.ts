/** A server that has been given a secret sends it back in every way that HTTP offers; the guest's side must never see it. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { mayDecodeBrotli } from "../../../base/brotli.ts";
import { createEgressClient, createEgressRun } from "../../../host-api/fetch/index.ts";
import type { EgressPolicy } from "../../../host-api/fetch/index.ts";
import { createRedactor } from "../../../host-api/secrets/redact.ts";
import { createMemoryHandoffs, createRuntime } from "../../../runtime/index.ts";
import type { Handoffs } from "../../../runtime/index.ts";
import { allowing, lookupOf, loopback } from "./loopback.ts";

/** Brotli where this Node may decode it (base/brotli.ts). */
const CODINGS = ([["gzip", gzipSync], ["deflate", deflateSync], ["br", brotliCompressSync]] as const)
  .filter(([coding]) => coding !== "br" || mayDecodeBrotli()); // prettier-ignore

const signal = new AbortController().signal;

/** Everything that one request lets the guest's half see, as one text. */
async function seenBy(policy: EgressPolicy, url: string, value: string, redirect = "follow"): Promise<string> {
  const client = createEgressClient(policy);
  const run = createEgressRun({ client, secrets: { TOKEN: { value, hosts: ["127.0.0.1"] } } });
  const { TOKEN = "" } = (run.preludeData as { secrets: Record<string, string> }).secrets;
  const args = { id: 1, url, method: "GET", headers: [["authorization", `Bearer ${TOKEN}`]], redirect };
  const seen: string[] = [];
  let answer = await run.functions["fetch.send"]!.handle({ args, signal });
  for (;;) {
    seen.push(JSON.stringify(answer.value), Buffer.from(answer.bytes ?? []).toString("utf8"));
    if ((answer.value as { done?: boolean }).done !== false) break;
    answer = await run.functions["fetch.read"]!.handle({ args: { id: 1 }, signal });
  }
  await client.close();
  return seen.join("\n");
}

const VALUE = "Tok-S3cr3t/0123456789abcdef";
const LONG = "Xy7".repeat(14) + VALUE + "pässwörd";

/** Case counts for nothing here: what has lost its case is still most of a secret. */
function expectNothingOf(value: string, seen: string): void {
  const lower = seen.toLowerCase();
  for (let at = 0; at + 12 <= value.length; at += 1)
    expect(lower).not.toContain(value.toLowerCase().slice(at, at + 12));
}

describe("a secret that comes back", () => {
  test("in the name of a header, which is put in lower case on the way", async () => {
    const value = "Tok-S3cr3t-0123456789";
    await using server = await loopback((_request, response) => response.setHeader(value, "1").end("ok"));
    const seen = await seenBy(allowing(server), server.url, value);
    expectNothingOf(value, seen);
    expect(seen).toContain("[redacted]");
  });

  test("beyond ASCII in a header and in the status line, where bytes are read as Latin-1", async () => {
    const value = "pässwörd-0123456789";
    const bytes = Buffer.from(value).toString("latin1");
    await using server = await loopback((_request, response) =>
      response.writeHead(200, `OK ${bytes}`, { "x-echo": bytes, "set-cookie": `a=${bytes}` }).end("ok"),
    );
    const seen = await seenBy(allowing(server), server.url, value);
    expect(seen).not.toContain("rd-0123456789");
    expect(seen.split("[redacted]")).toHaveLength(4);
  });

  test("in the place of a redirect: its path, its host in lower case or as punycode, followed, refused or handed back", async () => {
    const host = "Tok-S3cr3t-0123456789";
    const umlauts = "pässwört-geheim";
    for (const [value, location, redirect] of [
      [VALUE, `/?key=${VALUE}`, "follow"],
      [VALUE, `/?key=${encodeURIComponent(VALUE)}#${Buffer.from(VALUE).toString("base64")}`, "manual"],
      [host, `http://${host}.example:PORT/`, "follow"],
      [host, `http://${host}.example:PORT/`, "manual"],
      [host, `http://${host}.internal/`, "follow"],
      [host, `http://${host}/`, "follow"],
      [host, `https://${host}.unresolved.example/`, "follow"],
      [umlauts, `http://${umlauts}.example:PORT/`, "follow"],
      [umlauts, `http://${umlauts}.internal/`, "follow"],
    ] as const) {
      await using server = await loopback((request, response) => {
        const { host: asked = "", authorization } = request.headers;
        if (request.url !== "/" || authorization === undefined || !asked.startsWith("127.")) return response.end("ok");
        const place = Buffer.from(location.replace("PORT", String(server.port))).toString("latin1");
        return response.writeHead(302, { location: place }).end();
      });
      const names = [host.toLowerCase(), new URL(`http://${umlauts}`).hostname];
      const lookup = lookupOf(Object.fromEntries(names.map((name) => [`${name}.example`, ["127.0.0.1"]])));
      const seen = await seenBy(allowing(server, { lookup }), `${server.url}/`, value, redirect);
      expectNothingOf(value, seen);
      expectNothingOf(new URL(`http://${umlauts}`).hostname, seen);
    }
  });

  test("in the name of an encoding", async () => {
    await using server = await loopback((_request, response) =>
      response.writeHead(200, { "content-encoding": LONG.slice(0, 60) }).end("ok"),
    );
    expectNothingOf(LONG, await seenBy(allowing(server), server.url, LONG.slice(0, 60)));
  });

  test.each(CODINGS)(
    "compressed with %s, and split anywhere",
    async (coding, compress) => {
      await using server = await loopback((_request, response) => {
        response.writeHead(200, { "content-encoding": coding });
        const body = compress(`{"key":"${VALUE}"}`);
        for (const byte of body) response.write(Buffer.from([byte]));
        response.end();
      });
      const seen = await seenBy(allowing(server), server.url, VALUE);
      expectNothingOf(VALUE, seen);
      expect(seen).toContain(`{"key":"[redacted]"}`);
    },
  ); // prettier-ignore
});

describe("redaction knows", () => {
  const redactor = createRedactor({ A: { value: LONG, hosts: ["a.example"] }, B: { value: `a&b<c>"d'e`, hosts: ["a.example"] } }); // prettier-ignore
  const wrapped = (width: number, end: string) => (text: string) =>
    Buffer.from(text)
      .toString("base64")
      .replace(new RegExp(`.{${width}}`, "g"), `$&${end}`);
  const unicode = (text: string, upper: boolean) =>
    Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, "0"))
      .map((hex) => String.raw`\u` + (upper ? hex.toUpperCase() : hex))
      .join("");
  const percent = (text: string, upper: boolean) =>
    [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, "0")).map((hex) => `%${upper ? hex.toUpperCase() : hex}`).join(""); // prettier-ignore

  const spelled: readonly (readonly [string, (text: string) => string])[] = [
    ["percent signs in capitals", (text) => percent(text, true)],
    ["percent signs in small letters", (text) => percent(text, false)],
    ["JSON escapes in capitals", (text) => unicode(text, true)],
    ["JSON escapes in small letters", (text) => unicode(text, false)],
    ["base64 behind a byte", (text) => Buffer.from(`:${text}`).toString("base64")],
    ["base64 behind two bytes", (text) => Buffer.from(`u:${text}`).toString("base64url")],
    ["base64 in lines of 60", wrapped(60, "\n")],
    ["base64 in lines of 76", wrapped(76, "\r\n")],
    ["base64 in lines within JSON", (text) => JSON.stringify(wrapped(60, "\n")(text))],
  ];
  test.each(spelled)("%s, in text and in bytes, however they are cut", (_name, spell) => {
    const whole = `before ${spell(LONG)} after`;
    expect(redactor.text(whole)).toMatch(/^before "?\w{0,2}\[redacted\](\\n|\n|")* after$/);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 5 }), (cuts) => {
        const filter = redactor.stream();
        const bytes = Buffer.from(whole);
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const out = places.slice(1).map((end, at) => filter.push(bytes.subarray(places[at], end)));
        expect(Buffer.concat([...out, filter.end()]).toString()).toMatch(
          /^before "?\w{0,3}\[redacted\](\\n|\n|")* after$/,
        );
      }),
      { numRuns: 40 },
    );
  });

  test("values of the greatest length, and as many as there may be", () => {
    const long = Array.from({ length: 8_192 }, (_, at) => String.fromCharCode(33 + ((at * at * 7 + at) % 94))).join("");
    const many = Array.from({ length: 100 }, (_, at) => `${at}-${long.slice(at * 37, at * 37 + 40)}`);
    const all = createRedactor(Object.fromEntries([long, ...many].map((value, at) => [`S${at}`, { value, hosts: ["a.example"] }]))); // prettier-ignore
    for (const value of [long, ...many]) {
      for (const text of [value, encodeURIComponent(value), Buffer.from(value).toString("base64")]) {
        expect(all.text(`before ${text} after`)).toBe("before [redacted] after");
        const filter = all.stream();
        const bytes = Buffer.from(`before ${text} after`);
        const out = [filter.push(bytes.subarray(0, 30)), filter.push(bytes.subarray(30)), filter.end()];
        expect(Buffer.concat(out).toString()).toBe("before [redacted] after");
      }
    }
  });

  test("the longer of two values where one begins like the other, also where the text is cut between them", () => {
    const two = createRedactor({ A: { value: "token-1234", hosts: ["a.example"] }, B: { value: "token-1234-5678", hosts: ["a.example"] } }); // prettier-ignore
    expect(two.text("x token-1234-5678 token-1234-56")).toBe("x [redacted] [redacted]-56");
    for (let cut = 1; cut < 18; cut += 1) {
      const filter = two.stream();
      const bytes = Buffer.from("x token-1234-5678 y");
      const out = [filter.push(bytes.subarray(0, cut)), filter.push(bytes.subarray(cut)), filter.end()];
      expect(Buffer.concat(out).toString()).toBe("x [redacted] y");
    }
  });

  test("what HTML writes in the place of signs", () => {
    for (const text of ["a&amp;b&lt;c&gt;&quot;d&#39;e", "a&#38;b&#60;c&#x3E;&#34;d&#x27;e"])
      expect(redactor.text(`<p>${text}</p>`)).toBe("<p>[redacted]</p>");
  });
});

describe("an outcome", () => {
  const silent = { error() {}, warn() {}, info() {}, debug() {} } as never;

  test("says the same with secrets that read like its own words", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    const words = ["returned", "recorded", "handoff", "type", "value", "running", "info", "message", "reason"];
    const secrets = Object.fromEntries(words.map((value, at) => [`S${at}`, { value, hosts: [server.place] }]));
    await using runtime = await createRuntime({ egress: allowing(server), logger: silent });
    const source = `export async function execute_action(context) {
      await fetch(context.args.url);
      console.log("it was returned"); hand_off_conversation(context, "recorded twice"); return { status: "returned", n: 1 };
    }`;
    const context = { conversation: { id: "c", latestChannel: "chat" }, args: { url: server.url } };
    expect(await runtime.execute({ action: { source }, context, secrets })).toMatchObject({
      status: "returned",
      returnValue: { status: "[redacted]", n: 1 },
      handoff: { kind: "handoff", state: "recorded", reason: "[redacted] twice" },
      intents: [{ kind: "handoff", verdict: "recorded", reason: "[redacted] twice" }],
      logs: [{ level: "info", message: "it was [redacted]" }],
    });
  });

  test("and the record of its hand-off hold no secret that the action put together again", async () => {
    const reasons: (string | null)[] = [];
    const handoffs: Handoffs = createMemoryHandoffs();
    const watching: Handoffs = {
      begin: (run) => handoffs.begin(run),
      fire: (intentId, ending) => handoffs.fire(intentId, ending),
      standing: (asked) => handoffs.standing(asked),
      end: (...ended) => handoffs.end(...ended),
      record(request) {
        reasons.push(request.reason);
        return handoffs.record(request);
      },
    };
    await using server = await loopback((request, response) =>
      response.end(
        Array.from(request.headers.authorization ?? "")
          .toReversed()
          .join(""),
      ),
    );
    await using runtime = await createRuntime({ egress: allowing(server), handoffs: watching, logger: silent });
    const source = `export async function execute_action(context) {
      const response = await fetch(context.args.url, { headers: { authorization: String(secrets.TOKEN) } });
      const value = [...await response.text()].reverse().join("");
      console.log(value); hand_off_conversation(context, value + " " + "x".repeat(480)); throw new Error(value);
    }`;
    const outcome = await runtime.execute({
      action: { source },
      context: { conversation: { id: "c", latestChannel: "chat" }, args: { url: server.url } },
      secrets: { TOKEN: { value: VALUE, hosts: [server.place] } },
    });
    expect(server.requests[0]?.headers.authorization).toBe(VALUE);
    expect(outcome).toMatchObject({
      status: "threw",
      error: { message: "[redacted]" },
      handoff: { state: "recorded" },
    });
    expect(JSON.stringify(outcome)).not.toContain("S3cr3t");
    expect(reasons).toEqual([outcome.handoff!.reason]);
    expect(reasons[0]).toMatch(/^\[redacted\] x+$/);
  });
});
