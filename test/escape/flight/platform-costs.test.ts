/**
 * Neighbours of one process, through the public library: whatever an action asks of the platform, it ends alone. A run beside it has made a host
 * call, so it could not be run again elsewhere without a second effect.
 */
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type RawResponse, type Runtime, createRuntime } from "../../../runtime/index.ts";
import { Costs, OutOfTimeError } from "../../../web/worker/costs.ts";
import type { Pace } from "../../../sandbox/worker/platform.ts";
import { SILENT, chat } from "../harness.ts";

const NEIGHBOUR = `export async function execute_action(context) {
  const { success } = hand_off_conversation(context, "a neighbour");
  return [success, await (await fetch("https://held.example/")).text()];
}`;

/** What each asks for, and how it may end. */
const GREEDY: Readonly<Record<string, readonly [source: string, ends: RegExp]>> = {
  "PBKDF2 of a million iterations over many blocks": [
    `const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
     const bits = (size) => crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 1e6 }, key, size);
     try { await bits(8192); } catch (error) { return error.name + " " + error.message; }`,
    /^returned "OperationError PBKDF2 with 1000000 iterations over 16 blocks takes about/,
  ],
  "PBKDF2 again and again": [
    `const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
     for (;;) try { await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: new Uint8Array(8), iterations: 2e5 }, key, 160); } catch {}`,
    /^timed_out/,
  ],
  "an RSA key that no run could make": [
    `try { await crypto.subtle.generateKey({ name: "RSA-PSS", hash: "SHA-1", modulusLength: 16384, publicExponent: Uint8Array.of(1, 0, 1) }, true, ["sign"]); }
     catch (error) { return error.name + " " + error.message; }`,
    /^returned "OperationError making an RSA key of 16384 bits takes about/,
  ],
  "RSA keys again and again": [
    `for (;;) try { await crypto.subtle.generateKey({ name: "RSA-PSS", hash: "SHA-1", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }, true, ["sign"]); } catch {}`,
    /^timed_out/,
  ],
  "signatures with the largest key": [
    `const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-521" }, true, ["sign", "verify"]); const data = new Uint8Array(1e6);
     for (;;) try { await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-1" }, publicKey, await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-1" }, privateKey, data), data); } catch {}`,
    /^timed_out/,
  ],
  "a query of millions of pairs": [
    `try { return new URLSearchParams("a&".repeat(2e6)).size; } catch (error) { return error.name + " " + error.message; }`,
    /^returned "RangeError a query of more than 100000 pairs"/,
  ],
  "decoding sixteen megabytes in a loop": [
    `const bytes = new Uint8Array(16e6).fill(255); for (;;) try { new TextDecoder().decode(bytes); } catch {}`,
    /^(timed_out|out_of_memory)/,
  ],
  "base64 in a loop": [
    `const text = "A".repeat(7e6); for (;;) try { atob(text); } catch {}`,
    /^(timed_out|out_of_memory)/,
  ],
  "compression in a loop": [
    `const data = crypto.getRandomValues(new Uint8Array(65536)); const big = new Uint8Array(6e6); for (let at = 0; at < 6e6; at += 65536) big.set(data.subarray(0, Math.min(65536, 6e6 - at)), at);
     for (;;) try { await new Response(new Blob([big]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(); } catch {}`,
    /^(timed_out|out_of_memory)/,
  ],
  "hashes in a loop": [
    `const big = new Uint8Array(12e6); for (;;) try { await crypto.subtle.digest("SHA-512", big); } catch {}`,
    /^(timed_out|out_of_memory)/,
  ],
  "a part that loads over a built-in that loops": [
    `for (const name of ["freeze", "defineProperty", "assign", "entries", "create", "fromEntries", "getOwnPropertyDescriptor"]) Object[name] = () => { for (;;); };
     Map = function () { for (;;); }; Set = Map; WeakMap = Map; Symbol.for = () => { for (;;); }; Array.prototype.map = () => { for (;;); }; Array.prototype[Symbol.iterator] = () => { for (;;); };
     new URLPattern({ pathname: "/:x" }); new ReadableStream(); new FormData(); structuredClone(new Date()); new CompressionStream("gzip"); return 1;`,
    /^timed_out/,
  ],
};

const answer = (): RawResponse => ({
  status: 200,
  statusText: "",
  headers: [],
  body: Readable.from([Buffer.from("ok")]),
});
let runtime: Runtime;
/** Of the neighbour that waits now: that its request came, and what answers it. */
let asked: PromiseWithResolvers<void>;
let answered: PromiseWithResolvers<void>;

beforeAll(async () => {
  runtime = await createRuntime({
    logger: SILENT,
    // Both share the first process. The second is for a busy machine: it has the greedy one run once more, by itself.
    workers: 2,
    egress: { hosts: ["held.example"] },
    network: () => ({
      async exchange() {
        asked.resolve();
        await answered.promise;
        return answer();
      },
      destroy: () => Promise.resolve(),
    }),
  });
});
afterAll(() => runtime.close());

for (const [name, [source, ends]] of Object.entries(GREEDY))
  test(`${name} costs no neighbour its run`, async () => {
    [asked, answered] = [Promise.withResolvers(), Promise.withResolvers()];
    const beside = { cordon: "shared", limits: { wallMs: 60_000, cpuMs: 500 } };
    const neighbour = runtime.execute({
      ...beside,
      tenant: "neighbour",
      action: { source: NEIGHBOUR },
      context: chat(),
    });
    await asked.promise;
    // A tenant of its own each time: one whose runs ended so would be made to wait.
    const greedy = await runtime.execute({
      ...beside,
      tenant: name,
      action: { source: `export async function execute_action() { ${source} }` },
      context: chat(),
    });
    const told = greedy.status === "returned" ? `returned ${JSON.stringify(greedy.returnValue)}` : greedy.status;
    expect(told).toMatch(ends);
    answered.resolve();
    const { status, returnValue, error } = await neighbour;
    expect({ status, returnValue, error }).toEqual({ status: "returned", returnValue: [true, "ok"], error: undefined });
  });

test("a call that outlasts any run is refused before it begins, and one that outlasts this run ends it, by what the machine was seen to take", () => {
  const costs = new Costs();
  const pace = (ms: number, totalMs = ms) => ({ leftMs: () => ms, totalMs });
  expect(costs.measure(pace(100), (need) => (need("it", 90), "done"))).toBe("done");
  let began = false;
  const begin = (own: Pace) => () =>
    costs.measure(own, (need) => {
      need("this work", 350);
      began = true;
    });
  expect(begin(pace(100))).toThrow(/this work takes about 350 ms, and a run may compute for 100 ms/);
  // It could have been made earlier in the run: the run has come to its limit.
  expect(begin(pace(100, 1_000))).toThrow(OutOfTimeError);
  expect(began).toBe(false);
  // It takes ten times as long as it said: the next is measured by that.
  costs.measure(pace(1_000), (need) => {
    need("slow work", 30);
    const end = process.threadCpuUsage().user + 300_000;
    while (process.threadCpuUsage().user < end);
  });
  expect(() => costs.measure(pace(100), (need) => need("this work", 60))).toThrow(/takes about/);
});
