import { afterAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const text = fc.string({ unit: "binary", maxLength: 12 });
const bytes = fc.array(fc.nat(255), { maxLength: 40 });

describe("globals", () => {
  test("are there under their names, look like ordinary properties once touched, and can be replaced", async () => {
    const seen = await both.inGuest(`
      const names = ["fetch", "Headers", "Request", "Response", "URL", "URLSearchParams", "TextEncoder", "TextDecoder", "atob", "btoa",
        "structuredClone", "queueMicrotask", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "AbortController", "AbortSignal",
        "Event", "EventTarget", "CustomEvent", "DOMException", "Blob", "File", "FormData", "ReadableStream", "WritableStream",
        "TransformStream", "TextEncoderStream", "TextDecoderStream", "crypto", "performance", "console", "Temporal", "self",
        "CompressionStream", "DecompressionStream", "URLPattern", "navigator", "reportError", "ByteLengthQueuingStrategy", "CountQueuingStrategy"];
      const missing = names.filter((name) => !(name in globalThis) || typeof globalThis[name] === "undefined");
      const odd = names.filter((name) => {
        const { value, writable, configurable, enumerable } = Object.getOwnPropertyDescriptor(globalThis, name);
        return value === undefined || !writable || !configurable || enumerable;
      });
      globalThis.URL = 1; Object.defineProperty(globalThis, "Blob", { value: 2 });
      return { missing, odd: odd.filter((name) => name !== "secrets"), replaced: [URL, Blob] };`);
    expect(seen).toEqual({ missing: [], odd: [], replaced: [1, 2] });
  });

  test("that belong to Node or to pages stay absent", async () => {
    const names = ["process", "Buffer", "require", "module", "exports", "__dirname", "global", "window", "document", "WebAssembly", "SharedArrayBuffer", "Deno", "Bun"]; // prettier-ignore
    expect(await both.inGuest(`return [${names.map((name) => `typeof globalThis.${name}`).join()}]`)).toEqual(
      names.map(() => "undefined"),
    );
  });

  test("nothing of the bridge is reachable from them", async () => {
    const found = await both.inGuest(`
      const seen = new Set(); const found = [];
      const walk = (value, path, depth) => {
        if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value) || depth > 6) return;
        seen.add(value);
        for (const key of Reflect.ownKeys(value)) {
          if (/callWorker|loadPart|callAsync|primordials/.test(String(key))) found.push(path + "." + String(key));
          const d = Reflect.getOwnPropertyDescriptor(value, key);
          if ("value" in d) walk(d.value, path + "." + String(key), depth + 1);
          else { walk(d.get, path, depth + 1); if (value === globalThis) walk(globalThis[key], path + "." + String(key), depth + 1); }
        }
        walk(Reflect.getPrototypeOf(value), path + ".__proto__", depth + 1);
      };
      walk(globalThis, "globalThis", 0);
      return found;`);
    expect(found).toEqual([]);
  });
});

describe("events", () => {
  test("are dispatched as in Node", () =>
    both.same(`
      const log = []; const t = new EventTarget();
      const once = (e) => log.push(["once", e.type, e.target === t, e.currentTarget === t, e.eventPhase, e.composedPath().length]);
      const object = { handleEvent(e) { log.push(["object", this === object, e.cancelable]); e.preventDefault(); } };
      t.addEventListener("a", once, { once: true }); t.addEventListener("a", once); t.addEventListener("a", object); t.addEventListener("a", object);
      t.addEventListener("a", () => log.push("passive"), { passive: true });
      const c = new AbortController(); t.addEventListener("a", () => log.push("signal"), { signal: c.signal });
      log.push(t.dispatchEvent(new Event("a", { cancelable: true }))); c.abort();
      log.push(t.dispatchEvent(new CustomEvent("a", { detail: 3 }))); t.removeEventListener("a", object);
      t.addEventListener("a", (e) => { e.stopImmediatePropagation(); log.push(e.detail, e instanceof Event, String(e)); }); t.addEventListener("a", () => log.push("never"));
      log.push(t.dispatchEvent(new CustomEvent("a", { detail: { x: 1 } })));
      const e = new Event("b"); e.preventDefault(); log.push(e.defaultPrevented, e.isTrusted, e.bubbles, Event.AT_TARGET);
      try { t.dispatchEvent({}); } catch (error) { log.push(error.name); } try { new Event(); } catch (error) { log.push(error.name); }
      return log;`)); // prettier-ignore

  test("abort signals follow Node's", () =>
    both.same(`
      const log = []; const c = new AbortController();
      c.signal.onabort = (e) => log.push(["on", e.type, c.signal.aborted]); c.signal.addEventListener("abort", () => log.push("listener"));
      const any = AbortSignal.any([c.signal, new AbortController().signal]); const both = AbortSignal.any([any]);
      any.addEventListener("abort", () => log.push(["any", any.reason === c.signal.reason]));
      log.push(any.aborted); c.abort(); c.abort(1); log.push(both.aborted, c.signal.reason.name, c.signal.reason.code, c.signal.reason instanceof DOMException);
      for (const s of [AbortSignal.abort(), AbortSignal.abort("why"), AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)])]) {
        try { s.throwIfAborted(); } catch (error) { log.push(error.name ?? error); }
      }
      const t = AbortSignal.timeout(5); await new Promise((done) => t.addEventListener("abort", done)); log.push(t.reason.name, t.reason.code);
      for (const f of [() => new AbortSignal(), () => AbortSignal.any([1]), () => AbortSignal.timeout(-1)]) { try { f(); log.push("no"); } catch (error) { log.push(error.name); } }
      return log;`)); // prettier-ignore

  test("DOMException has Node's names and numbers", () =>
    both.sameForAll(fc.tuple(text, fc.oneof(text, fc.constantFrom("AbortError", "DataCloneError", "TimeoutError", "NotFoundError", "InvalidStateError", "Foo"))), `
      const e = new DOMException(...input); return [e.name, e.message, e.code, e instanceof Error, String(e), DOMException.ABORT_ERR, e.TIMEOUT_ERR];`)); // prettier-ignore
});

describe("timers", () => {
  test("run in order of their time, with their arguments, and can be cleared", () =>
    both.same(`
      const log = []; const tick = (ms) => new Promise((done) => setTimeout(done, ms));
      setTimeout((a, b) => log.push("b", a, b), 40, 1, 2); setTimeout(() => log.push("a"), 1); const off = setTimeout(() => log.push("never"), 5); clearTimeout(off); clearTimeout(off); clearTimeout(undefined);
      queueMicrotask(() => log.push("micro")); log.push("sync");
      let n = 0; await new Promise((done) => { const i = setInterval(() => { if (++n === 3) { clearInterval(i); done(); } }, 2); });
      await tick(60); log.push(n);
      for (const f of [() => setTimeout("code"), () => queueMicrotask(1)]) try { f(); log.push("no"); } catch (error) { log.push(error.name); }
      return log;`)); // prettier-ignore

  test("end with the run, and are limited in number", async () => {
    expect(await both.inGuest(`setInterval(() => {}, 1); return "done";`)).toBe("done");
    const many = `for (let i = 0; i < input; i++) setTimeout(() => {}, 10_000); return "ok";`;
    expect(await both.inGuest(many, 1_000)).toBe("ok");
    expect(await both.inGuest(`try { ${many} } catch (error) { return error.code; }`, 1_001)).toBe("TIMERS_SPENT");
  });

  test("what a callback throws ends the run", async () => {
    for (const start of ["setTimeout", "queueMicrotask"]) {
      const { end } = await both.complete(
        `${start}(() => { throw new RangeError("late"); }); await new Promise(() => {});`,
      );
      expect(end).toMatchObject({ type: "threw", error: { name: "RangeError", message: "late" } });
    }
  });

  test("performance.now is coarse and never goes back", async () => {
    const times = (await both.inGuest(`
      const out = [performance.now()]; for (let i = 0; i < 50; i++) { await new Promise((done) => setTimeout(done, 1)); out.push(performance.now()); } return out;`)) as number[]; // prettier-ignore
    expect(times.every((time, at) => Number.isInteger(time) && time >= (times[at - 1] ?? 0))).toBe(true);
    expect(times.at(-1)).toBeGreaterThan(0);
  });
});

describe("structuredClone", () => {
  const key = fc.oneof(text, fc.constantFrom("__proto__", "length", "a"));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, fc.constantFrom("undefined", "NaN", "-0", "10n", "new Date(NaN)", "new Date(5)", "/a+/gi", "new String('s')", "Object(true)", "Object(1n)", "new Uint8Array([1,2,3])", "new Float64Array(2)", "new DataView(new ArrayBuffer(3),1)", "new ArrayBuffer(2)", "new TypeError('m')", "new Error('m',{cause:[1]})", "[,1,,2]", "null", "true", "class{}", "()=>1", "Symbol('s')", "new WeakMap()", "Promise.resolve()", "new (class A{x=1})()", "Object.create(null)", "globalThis.missing"), fc.integer().map(String), text.map((t) => JSON.stringify(t)),
      fc.array(tie("tree"), { maxLength: 3 }).map((all) => `[${(all as string[]).join()}]`),
      fc.array(fc.tuple(key, tie("tree")), { maxLength: 3 }).map((all) => `({${all.map(([k, v]) => `[${JSON.stringify(k)}]:${v as string}`).join()}})`),
      fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 2 }).map((all) => `new Map([${all.map((p) => `[${(p as string[]).join()}]`).join()}])`),
      fc.array(tie("tree"), { maxLength: 2 }).map((all) => `new Set([${(all as string[]).join()}])`)),
  })); // prettier-ignore
  const SHOW = `const show = (v, seen = new Map()) => {
    if (typeof v === "symbol" || typeof v === "function") return typeof v;
    if (typeof v !== "object" || v === null) return Object.is(v, -0) ? "-0" : typeof v + String(v);
    if (seen.has(v)) return "#" + seen.get(v); seen.set(v, seen.size);
    const tag = Object.prototype.toString.call(v);
    const own = Reflect.ownKeys(v).filter((k) => k !== "stack").map((k) => [String(k), show(v[k], seen), Object.getOwnPropertyDescriptor(v, k).enumerable]);
    const inner = v instanceof Map || v instanceof Set ? [...v].map((x) => show(x, seen)) : v instanceof Date ? v.getTime() : v instanceof RegExp ? String(v) : v instanceof ArrayBuffer ? v.byteLength : ArrayBuffer.isView(v) ? v.byteOffset : /Boolean|Number|String|BigInt/.test(tag) ? String(v) : null;
    return [tag, Object.getPrototypeOf(v)?.constructor?.name, own, inner];
  };`; // prettier-ignore

  test("copies what Node copies and refuses what Node refuses", () =>
    both.sameForAll(tree as fc.Arbitrary<string>, `${SHOW} const value = (0, eval)(input); return show(structuredClone(value));`)); // prettier-ignore

  test("keeps cycles and shared parts, and moves buffers", () =>
    both.same(`${SHOW}
      const a = { list: [] }; a.self = a; a.list.push(a, a.list); a.m = new Map([[a, new Set([a])]]);
      const buffer = new Uint8Array([1, 2, 3]).buffer; const views = [new Uint8Array(buffer, 1), new Uint8Array(buffer)];
      const copy = structuredClone({ a, views }); const moved = structuredClone({ buffer }, { transfer: [buffer] });
      const errors = [() => structuredClone(), () => structuredClone(1, { transfer: [{}] }), () => structuredClone(buffer)].map((f) => { try { f(); } catch (e) { return [e.name, e.code]; } });
      return [show(copy), copy.views[0].buffer === copy.views[1].buffer, show(moved), buffer.byteLength, errors];`)); // prettier-ignore
});

describe("blobs and forms", () => {
  const part = fc.oneof(
    text.map((t) => ({ t })),
    bytes.map((b) => ({ b })),
  );
  test("Blob and File are Node's", () =>
    both.sameForAll(fc.tuple(fc.array(part, { maxLength: 4 }), fc.oneof(text, fc.constant("Text/HTML")), fc.option(fc.integer({ min: -50, max: 50 })), fc.option(fc.integer({ min: -50, max: 50 }))), `
      const parts = input[0].map((p) => ("t" in p ? p.t : new Uint8Array(p.b)));
      const b = new Blob([...parts, new Blob(parts)], { type: input[1] }); const s = b.slice(input[2] ?? undefined, input[3] ?? undefined, "x/y");
      const f = new File([b], "né.txt", { lastModified: 5, type: input[1] }); const read = [];
      for await (const chunk of b.stream()) read.push(...chunk);
      return [b.size, b.type, await b.text(), [...new Uint8Array(await b.arrayBuffer())].join(), s.size, s.type, await s.text(), f.name, f.lastModified, f.type, f.size, f instanceof Blob, String(b), String(f), read.length];`, 150)); // prettier-ignore

  test("FormData is Node's", () =>
    both.sameForAll(fc.array(fc.tuple(fc.constantFrom("append", "set", "delete", "get", "getAll", "has"), fc.constantFrom("a", "b", "é"), fc.oneof(text, fc.constant({}))), { maxLength: 10 }), `
      const f = new FormData(); const out = []; const show = (v) => (v && typeof v === "object" ? [v.name, v.size, v.type, v instanceof File] : v);
      for (const [op, name, value] of input) {
        const v = typeof value === "string" ? value : new Blob(["x"], { type: "a/b" });
        const r = op === "append" || op === "set" ? f[op](name, v) : f[op](name); out.push(Array.isArray(r) ? r.map(show) : show(r) ?? null);
      }
      for (const [name, value] of f) out.push([name, show(value)]);
      try { f.append("a", "b", "c"); } catch (e) { out.push(e.name); }
      return [out, [...f.keys()], String(f)];`)); // prettier-ignore
});

describe("streams", () => {
  test("carry chunks through pipes, tees and transforms as Node's do", () =>
    both.sameForAll(fc.tuple(fc.array(text, { maxLength: 6 }), fc.nat(4)), `
      const source = () => new ReadableStream({ start(c) { for (const chunk of input[0]) c.enqueue(chunk); c.close(); } }, { highWaterMark: input[1] });
      const collect = async (s) => { const out = []; for await (const chunk of s) out.push(chunk instanceof Uint8Array ? [...chunk] : chunk); return out; };
      const [a, b] = source().tee(); const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); }, flush(c) { c.enqueue("end"); } });
      const written = []; await source().pipeTo(new WritableStream({ write(chunk) { written.push(chunk); } }));
      const text = (await collect(source().pipeThrough(new TextEncoderStream()).pipeThrough(new TextDecoderStream()))).join("");
      const failing = source().pipeThrough(new TransformStream({ transform() { throw new RangeError("no"); } }));
      let failed = null; try { await collect(failing); } catch (error) { failed = error.name; }
      return [await collect(a), await collect(b), await collect(source().pipeThrough(upper)), written, text, failed, await collect(ReadableStream.from(input[0]))];`, 120)); // prettier-ignore
});

describe("crypto", () => {
  test("digests, HMACs and derives as Node does", () =>
    both.sameForAll(fc.tuple(bytes, bytes, fc.constantFrom("SHA-1", "sha-256", "SHA-384", "SHA-512", "MD5"), fc.nat(64)), `
      const [data, key] = input.map((b) => (Array.isArray(b) ? new Uint8Array(b) : b)); const hash = input[2]; const s = crypto.subtle;
      const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16)).join(",");
      const attempt = async (f) => { try { return await f(); } catch (e) { return [e.name, e instanceof DOMException]; } };
      return Promise.all([
        () => s.digest(hash, data).then(hex),
        async () => { const k = await s.importKey("raw", key, { name: "hmac", hash }, true, ["sign", "verify"]); const sig = await s.sign("HMAC", k, data);
          return [hex(sig), await s.verify("HMAC", k, sig, data), await s.verify("HMAC", k, sig.slice(1), data), k.algorithm, k.usages, k.type, k.extractable, await s.exportKey("jwk", k)]; },
        async () => { const k = await s.importKey("raw", key, "PBKDF2", false, ["deriveBits"]); return hex(await s.deriveBits({ name: "PBKDF2", hash, salt: data, iterations: 1 + input[3] }, k, 8 * input[3])); },
        async () => { const k = await s.importKey("raw", key, "HKDF", false, ["deriveKey"]); const d = await s.deriveKey({ name: "HKDF", hash, salt: data, info: new Uint8Array(3) }, k, { name: "AES-GCM", length: 256 }, true, ["encrypt"]); return hex(await s.exportKey("raw", d)); },
      ].map(attempt));`, 200)); // prettier-ignore

  test("encrypts and decrypts as Node does", () =>
    both.sameForAll(fc.tuple(bytes, fc.constantFrom(16, 24, 32, 15), fc.constantFrom("AES-GCM", "AES-CBC"), fc.constantFrom(12, 16, 0), fc.option(bytes), fc.constantFrom(128, 96, 32, 7, undefined)), `
      const [data, size, name, ivSize, aad, tagLength] = input; const s = crypto.subtle; const hex = (b) => [...new Uint8Array(b)].join();
      const key = await s.importKey("raw", new Uint8Array(size).fill(7), name, true, ["encrypt", "decrypt"]);
      const algorithm = { name, iv: new Uint8Array(ivSize).fill(3), ...(aad ? { additionalData: new Uint8Array(aad) } : {}), ...(tagLength ? { tagLength } : {}) };
      const secret = await s.encrypt(algorithm, key, new Uint8Array(data)); const plain = await s.decrypt(algorithm, key, secret);
      let broken = null; try { const bad = new Uint8Array(secret); bad[bad.length - 1] ^= 1; broken = hex(await s.decrypt(algorithm, key, bad)); } catch (e) { broken = e.name; }
      return [hex(secret), hex(plain), name === "AES-GCM" ? broken : null, await s.exportKey("jwk", key), key.algorithm];`, 200)); // prettier-ignore

  test("signs with keys that Node made, and Node's verification agrees", async () => {
    const made = (await both.inNode(`
      const s = crypto.subtle; const out = [];
      for (const [algorithm, use] of [[{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }, {}], [{ name: "ECDSA", namedCurve: "P-256" }, { hash: "SHA-256" }]]) {
        const { privateKey, publicKey } = await s.generateKey(algorithm, true, ["sign", "verify"]);
        out.push({ algorithm: { ...algorithm, publicExponent: undefined }, use: { name: algorithm.name, ...use }, pkcs8: [...new Uint8Array(await s.exportKey("pkcs8", privateKey))], jwk: await s.exportKey("jwk", publicKey) });
      }
      return out;`)) as object[]; // prettier-ignore
    const signed = (await both.inGuest(`
      const s = crypto.subtle; const data = new Uint8Array([1, 2, 3]); const out = [];
      for (const one of input) {
        const privateKey = await s.importKey("pkcs8", new Uint8Array(one.pkcs8), one.algorithm, false, ["sign"]); const publicKey = await s.importKey("jwk", one.jwk, one.algorithm, true, ["verify"]);
        const signature = await s.sign(one.use, privateKey, data);
        out.push({ ...one, signature: [...new Uint8Array(signature)], own: await s.verify(one.use, publicKey, signature, data), algorithmShown: publicKey.algorithm.name });
      }
      return out;`, made)) as { own: boolean }[]; // prettier-ignore
    expect(signed.map(({ own }) => own)).toEqual([true, true]);
    expect(await both.inNode(`
      const s = crypto.subtle; const out = [];
      for (const one of input) out.push(await s.verify(one.use, await s.importKey("jwk", one.jwk, one.algorithm, true, ["verify"]), new Uint8Array(one.signature), new Uint8Array([1, 2, 3])));
      return out;`, signed)).toEqual([true, true]); // prettier-ignore
  });

  test("gives randomness of the right shape, and refuses what Node refuses", () =>
    both.same(`
      const kinds = [new Uint8Array(8), new Int32Array(4), new BigUint64Array(2)].map((a) => [crypto.getRandomValues(a) === a, new Set(new Uint8Array(a.buffer)).size > 1]);
      const refused = [() => crypto.getRandomValues(new Float32Array(1)), () => crypto.getRandomValues(new Uint8Array(65537)), () => new Crypto(), () => new CryptoKey()].map((f) => { try { f(); } catch (e) { return e.name; } });
      const ids = new Set(Array.from({ length: 50 }, () => crypto.randomUUID()));
      return [kinds, refused, ids.size, [...ids].every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), crypto.getRandomValues(new Uint8Array(65536)).length, String(crypto)];`)); // prettier-ignore
});

describe("a run that is to be repeated", () => {
  const lines = `
    const out = [Date.now(), new Date().toISOString(), Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))], performance.now(),
      Temporal.Now.instant().toString(), new Intl.DateTimeFormat("en-US", { timeStyle: "medium" }).format()];
    await new Promise((done) => setTimeout(done, 25)); out.push(Date.now(), performance.now(), Math.random());
    const form = await new Response(new FormData()).text(); return [...out, form];`;
  test("gives the same times and the same randomness for the same seed", async () => {
    const clock = { now: "2026-03-08T06:59:59.000Z", seed: "a" };
    const first = (await both.inGuest(lines, null, { clock })) as unknown[];
    expect(await both.inGuest(lines, null, { clock })).toEqual(first);
    expect(first.slice(0, 2)).toEqual([Date.parse(clock.now), clock.now]);
    expect(first.slice(8, 10)).toEqual([Date.parse(clock.now) + 25, 25]);
    const other = (await both.inGuest(lines, null, { clock: { ...clock, seed: "b" } })) as unknown[];
    expect(other[2]).not.toEqual(first[2]);
    expect(other[3]).not.toEqual(first[3]);
  });
});

describe("functions of the worker", () => {
  test("answer anything hostile with an error, and nothing with more", async () => {
    const { callPlatform } = await import("../../web/worker/platform.ts");
    const names = ["url.parse", "url.set", "params.parse", "params.stringify", "text.encoding", "text.decode", "base64.encode", "base64.decode", "random", "crypto.digest", "crypto.hmac", "crypto.hmacVerify", "crypto.aes", "crypto.hkdf", "crypto.pbkdf2", "crypto.readKey", "crypto.makeRsa", "crypto.makeOnCurve", "crypto.agree", "crypto.oaep", "crypto.secretBytes", "crypto.sign", "crypto.verify", "zlib.compress", "zlib.decompress", "constructor", "__proto__"]; // prettier-ignore
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.oneof(fc.json(), text),
        fc.option(fc.uint8Array()),
        (name, args, given) => {
          const reply = callPlatform(name, args, given ?? undefined);
          const answer = JSON.parse(typeof reply === "string" ? reply : reply.json) as { ok: boolean };
          expect(typeof answer.ok).toBe("boolean");
        },
      ),
      { numRuns: 500 },
    );
    for (const [name, args] of [
      ["crypto.pbkdf2", ["SHA-1", "", 1e9, 1]],
      ["crypto.hkdf", ["SHA-1", "", "", 1e9]],
      ["random", 1e9],
      ["url.parse", ["x".repeat(2e6), null]],
    ] as const) {
      // prettier-ignore
      expect(callPlatform(name, JSON.stringify(args), new Uint8Array())).toContain('"ok":false');
    }
  });
});
