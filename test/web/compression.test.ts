import { brotliCompressSync, brotliDecompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { mayDecodeBrotli } from "../../base/brotli.ts";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const HELPERS = `
  const through = async (chunks, stream) => [...new Uint8Array(await new Response(new ReadableStream({ start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); } }).pipeThrough(stream)).arrayBuffer())];
  const attempt = async (f) => { try { return await f(); } catch (error) { return error.name; } };
  const cut = (bytes, places) => [0, ...places].map((at, i) => new Uint8Array(bytes.slice(at, places[i] ?? bytes.length)));`; // prettier-ignore
const format = fc.constantFrom("gzip", "deflate", "deflate-raw");
const data = fc.oneof(
  fc.array(fc.nat(255), { maxLength: 200 }),
  fc.tuple(fc.nat(255), fc.nat(5_000)).map(([byte, count]) => Array.from({ length: count }, () => byte)),
);
const places = fc.array(fc.nat(100), { maxLength: 4 }).map((all) => all.toSorted((a, b) => a - b));

const READABLE = ([["gzip", gzipSync], ["deflate", deflateSync], ["deflate-raw", deflateRawSync], ["brotli", brotliCompressSync]] as const)
  .filter(([name]) => name !== "brotli" || mayDecodeBrotli()); // prettier-ignore

describe("compression streams", () => {
  test("give the bytes that Node's give, however the input is cut", () =>
    both.sameForAll(fc.tuple(data, format, places), `${HELPERS}
      return through(cut(input[0], input[2]), new CompressionStream(input[1]));`, 120)); // prettier-ignore

  test("take back what they gave, and what others gave", () =>
    both.sameForAll(
      fc.tuple(data, fc.constantFrom(...READABLE), places)
        .map(([bytes, [name, compress], cuts]) => [[...compress(Buffer.from(bytes))], name, cuts, bytes]),
      `${HELPERS}
      const [packed, name, cuts, bytes] = input;
      const again = name === "brotli" ? null : await through([new Uint8Array(await through([new Uint8Array(bytes)], new CompressionStream(name)))], new DecompressionStream(name));
      return [await through(cut(packed, cuts), new DecompressionStream(name)), again];`, 120)); // prettier-ignore

  test("refuse what Node's refuse: broken, cut off, continued, of another format, of another type", () =>
    both.sameForAll(
      fc.tuple(data, format, format, fc.constantFrom("cut", "more", "flip", "twice", "none"), fc.nat(300)),
      `${HELPERS}
      const [bytes, made, read, how, at] = input;
      let packed = await through([new Uint8Array(bytes)], new CompressionStream(made));
      if (how === "cut") packed = packed.slice(0, at % packed.length);
      if (how === "more") packed.push(at % 256);
      if (how === "twice") packed.push(...packed);
      if (how === "flip") packed[packed.length - 1 - (at % 4)] ^= 0x55;
      // A raw stream has no checksum: what a flipped bit makes of it is chance, but the same on both sides.
      return attempt(() => through([new Uint8Array(packed)], new DecompressionStream(read)));`, 200)); // prettier-ignore

  test("look like Node's", () =>
    both.same(`${HELPERS}
      const s = new CompressionStream("gzip");
      const bad = [() => new CompressionStream(), () => new CompressionStream("zip"), () => new DecompressionStream("GZIP"), () => CompressionStream("gzip")].map((f) => { try { f(); return "no"; } catch (e) { return e.name; } });
      return [String(s), s.readable instanceof ReadableStream, s.writable instanceof WritableStream, bad,
        await attempt(() => through([{}], new CompressionStream("gzip"))), await attempt(() => through([5], new DecompressionStream("gzip"))),
        await through([new Uint8Array([1, 2, 3]).buffer, new DataView(new ArrayBuffer(2))], new CompressionStream("deflate-raw"))];`)); // prettier-ignore

  test("write Brotli, and read it only where its decoder has no known hole", async () => {
    const lines = `const packed = [...new Uint8Array(await new Response(new Blob(["text"]).stream().pipeThrough(new CompressionStream("brotli"))).arrayBuffer())];
      let read; try { read = await new Response(new Blob([new Uint8Array(packed)]).stream().pipeThrough(new DecompressionStream("brotli"))).text(); } catch (e) { read = [e instanceof TypeError, e.code]; }
      return [packed, read];`;
    const [packed, read] = (await both.inGuest(lines)) as [number[], unknown];
    expect(brotliDecompressSync(Uint8Array.from(packed)).toString()).toBe("text");
    expect(read).toEqual(mayDecodeBrotli() ? "text" : [true, "COMPRESSION_UNAVAILABLE"]);
  });

  test("say with a code of their own what is broken", async () => {
    const lines = `try { await new Response(new Blob([new Uint8Array([31, 139, 8])]).stream().pipeThrough(new DecompressionStream("gzip"))).text(); } catch (e) { return [e instanceof TypeError, e.code]; }`;
    expect(await both.inGuest(lines)).toEqual([true, "COMPRESSION_BAD"]);
  });

  test("do not let a bomb go off: both sides have a cap", async () => {
    const mib = 1024 * 1024;
    const packed = (size: number) => gzipSync(Buffer.alloc(size)).toString("base64");
    const lines = `${HELPERS}
      const size = async (stream, bytes) => { try { return (await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer()).byteLength; } catch (e) { return [e.name, e.code]; } };
      const bytes = Uint8Array.from(atob(input), (c) => c.charCodeAt(0));
      return size(new DecompressionStream("gzip"), bytes);`;
    expect(await both.inGuest(lines, packed(16 * mib))).toBe(16 * mib);
    expect(await both.inGuest(lines, packed(16 * mib + 1))).toEqual(["RangeError", "COMPRESSION_TOO_LARGE"]);
    expect(await both.inGuest(lines, packed(100 * mib))).toEqual(["RangeError", "COMPRESSION_TOO_LARGE"]);
    const large = `
      const stream = new CompressionStream("deflate"); const writer = stream.writable.getWriter(); const chunk = new Uint8Array(1024 * 1024);
      const whole = new Response(stream.readable).arrayBuffer().then((b) => b.byteLength > 0, (e) => [e.name, e.code]);
      for (let at = 0; at < input; at++) await writer.write(chunk).catch(() => {}); await writer.close().catch(() => {});
      return whole;`;
    expect(await both.inGuest(large, 8)).toBe(true);
    expect(await both.inGuest(large, 9)).toEqual(["RangeError", "COMPRESSION_TOO_LARGE"]);
  });

  test("take their time from the run's own", async () => {
    const lines = `const bytes = crypto.getRandomValues(new Uint8Array(65_536)); const large = new Blob(Array.from({ length: 100 }, () => bytes));
      for (;;) await new Response(large.stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer();`;
    const { end } = await both.complete(lines, null, { limits: { cpuMs: 600, wallMs: 30_000 } });
    expect(end).toMatchObject({ type: "timed_out", limit: "cpu" });
  });
});
