// Keys of `crypto.subtle`: what they are, what they are written as and what they do, beside Node's own, down to the name of every error.
import { deepEqual } from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const PAIRS = {
  p256: { name: "ECDSA", namedCurve: "P-256" },
  p384: { name: "ECDSA", namedCurve: "P-384" },
  p521: { name: "ECDH", namedCurve: "P-521" },
  ed25519: { name: "Ed25519" },
  x25519: { name: "X25519" },
  rsa: { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2048, publicExponent: "u8:1,0,1" },
} as const;
const SECRET = [...Array(32).keys()];

/** What both sides share: bytes as text, typed arrays out of text, every end as a value. */
const TOOLS = `
  const s = crypto.subtle;
  const alive = (v) => typeof v === "string" && v.startsWith("u8:") ? Uint8Array.from(v.slice(3).split(",").filter(Boolean), Number)
    : Array.isArray(v) ? v.map(alive) : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, alive(x)])) : v;
  const hex = (b) => "u8:" + new Uint8Array(b).join();
  const shown = (k) => ({ type: k.type, extractable: k.extractable, usages: k.usages, algorithm: Object.entries(k.algorithm).map(([n, v]) => [n, v instanceof Uint8Array ? hex(v) : v]) });
  const out = (v) => v === undefined || v === null || typeof v !== "object" ? v : v instanceof ArrayBuffer ? hex(v) : v instanceof CryptoKey ? shown(v)
    : v.publicKey ? { publicKey: shown(v.publicKey), privateKey: shown(v.privateKey) } : v;
  const attempt = async (f) => { try { return out(await f()); } catch (e) { return [e.name, e instanceof DOMException, e instanceof TypeError]; } };
  const FORMATS = ["raw", "raw-public", "raw-secret", "raw-seed", "raw-private", "pkcs8", "spki", "jwk", "der"];
  const exportsOf = async (k) => { const all = {}; for (const f of FORMATS) all[f] = await attempt(() => s.exportKey(f, k)); return all; };
`;

let made: Record<string, { public: Record<string, unknown>; private: Record<string, unknown> }>;
beforeAll(async () => {
  made = (await both.inNode(
    `${TOOLS} const all = {}; for (const [name, a] of Object.entries(input)) {
       const usages = a.name === "RSA-OAEP" ? ["encrypt", "decrypt"] : /25519|ECDH/.test(a.name) && a.name !== "Ed25519" ? ["deriveBits"] : ["sign", "verify"];
       const { publicKey, privateKey } = await s.generateKey(alive(a), true, usages);
       const some = async (k, formats) => Object.fromEntries(await Promise.all(formats.map(async (f) => { const v = await s.exportKey(f, k); return [f, v instanceof ArrayBuffer ? hex(v) : (delete v.key_ops, delete v.alg, v)]; })));
       all[name] = { public: await some(publicKey, ["spki", "jwk", ...(name === "rsa" ? [] : ["raw"])]), private: await some(privateKey, ["pkcs8", "jwk"]) };
     } return all;`,
    PAIRS,
  )) as typeof made;
});

/** Each case on both sides; the first that differ. */
async function sameCases(cases: readonly unknown[], lines: string): Promise<void> {
  const body = `${TOOLS} const one = async (input) => { ${lines} }; const all = []; for (const c of input) all.push(await attempt(() => one(alive(c)))); return all;`;
  const guest = (await both.inGuest(body, cases, { limits: { cpuMs: 60_000, wallMs: 120_000 } })) as unknown[];
  const node = (await both.inNode(body, cases)) as unknown[];
  const differing = cases.flatMap((given, at) =>
    JSON.stringify(guest[at]) === JSON.stringify(node[at]) ? [] : [{ given, guest: guest[at], node: node[at] }],
  );
  deepEqual(
    differing.slice(0, 2).map((one) => JSON.stringify(one, null, 1)),
    [],
  );
  expect(node.length).toBe(cases.length);
}

const ALGORITHMS = [
  { name: "ecdsa", namedCurve: "P-256" }, { name: "ECDSA", namedCurve: "P-384" }, { name: "ECDH", namedCurve: "P-521" },
  { name: "ECDH", namedCurve: "P-256" }, "Ed25519", "X25519", { name: "RSA-OAEP", hash: "SHA-1" }, { name: "RSASSA-PKCS1-v1_5", hash: { name: "sha-512" } },
  { name: "RSA-PSS", hash: "SHA-384" }, "AES-CTR", "AES-KW", "AES-GCM", { name: "HMAC", hash: "SHA-256" }, "HKDF", "PBKDF2",
  { name: "HMAC", hash: "SHA-1", length: 251 }, { name: "HMAC", hash: "SHA-1", length: 0 }, { name: "ECDSA", namedCurve: "K-256" }, { name: "ECDSA" },
  { name: "RSA-PSS" }, { name: "RSA-PSS", hash: "MD5" }, { name: "RSA-PSS", hash: {} }, {}, "nothing", null, "SHA-256",
]; // prettier-ignore
const USAGES = [
  ["sign"],
  ["verify"],
  ["encrypt", "wrapKey"],
  ["unwrapKey", "decrypt"],
  ["deriveBits", "deriveKey", "deriveBits"],
  [],
];

describe("keys", () => {
  test("of every format are read for every algorithm and use, and written in every format, as in Node", async () => {
    const data = [
      ...Object.values(made).flatMap((pair) => [pair.public, pair.private].flatMap((side) => Object.entries(side))),
      ["raw", `u8:${SECRET.join()}`], ["raw-secret", "u8:1,2,3"], ["raw-public", made["p256"]!.public["raw"]], ["raw-public", made["ed25519"]!.public["raw"]],
      ["jwk", { kty: "oct", k: Buffer.from(SECRET).toString("base64url") }], ["raw", "u8:"], ["spki", "u8:48,3,2,1,1"], ["raw-seed", "u8:1"], ["der", "u8:1"],
    ] as [string, unknown][]; // prettier-ignore
    const cases = data.flatMap(([format, key]) =>
      ALGORITHMS.flatMap((algorithm, at) =>
        USAGES.filter((_, use) => (at + use) % 3 === 0).map((usages) => ({ format, key, algorithm, usages })),
      ),
    );
    await sameCases(cases, `const k = await s.importKey(input.format, input.key, input.algorithm, true, input.usages); return { ...shown(k), exports: await exportsOf(k) };`); // prettier-ignore
  });

  test("as JWK that says something wrong of itself fail as in Node", async () => {
    const jwks = Object.entries(made).flatMap(([name, pair]) =>
      [pair.public["jwk"], pair.private["jwk"]].map((jwk) => ({ name, jwk: jwk as Record<string, unknown> })),
    );
    const changes: Record<string, unknown>[] = [
      { kty: undefined }, { kty: "oct" }, { kty: 1 }, { x: undefined }, { x: "AAAA" }, { y: "AAAA" }, { x: "!" }, { d: "AQ" }, { d: "" }, { n: "AQAB" }, { e: "Ag" }, { e: undefined },
      { dp: undefined }, { crv: "P-256" }, { crv: "Ed448" }, { crv: undefined }, { use: "sig" }, { use: "enc" }, { use: "x" }, { ext: false }, { ext: 0 }, { key_ops: [] },
      { key_ops: ["sign", "verify", "deriveBits", "encrypt", "decrypt"] }, { key_ops: ["sign", "sign"] }, { key_ops: ["guess", "guess"] }, { key_ops: 1 }, { key_ops: "sign" },
      { alg: "ES256" }, { alg: "ES512" }, { alg: "EdDSA" }, { alg: "Ed25519" }, { alg: "RS256" }, { alg: "RSA-OAEP-256" }, { alg: "RSA-OAEP" }, { alg: "" }, { extra: {} },
    ]; // prettier-ignore
    const own = { p256: ["sign", "verify"], p384: ["sign", "verify"], p521: ["deriveBits"], ed25519: ["sign", "verify"], x25519: ["deriveBits"], rsa: ["decrypt", "encrypt"] }; // prettier-ignore
    const cases = jwks.flatMap(({ name, jwk }) =>
      changes.flatMap((change) =>
        [...own[name as "p256"].map((usage) => [usage]), []].map((usages) => ({
          key: { ...jwk, ...change },
          algorithm: PAIRS[name as "p256"],
          usages,
          extractable: change["ext"] !== undefined || usages.length > 0,
        })),
      ),
    );
    const secrets = [{ k: undefined }, { k: "!!" }, { k: "" }, { k: "AQID" }, { k: "A-_z" }, { alg: "A256CTR" }, { alg: "A256KW" }, { alg: "HS256" }, { alg: "A128CTR" }, { use: "sig" }, { use: "enc" }].flatMap(
      (change) => ["AES-CTR", "AES-KW", { name: "HMAC", hash: "SHA-256" }].map((algorithm) => ({ key: { kty: "oct", k: Buffer.from(SECRET).toString("base64url"), ...change }, algorithm, usages: [algorithm === "AES-CTR" ? "encrypt" : algorithm === "AES-KW" ? "wrapKey" : "sign"], extractable: true })),
    ); // prettier-ignore
    await sameCases([...cases, ...secrets, ...[null, undefined, 1, "text", []].map((key) => ({ key, algorithm: "Ed25519", usages: [], extractable: true }))],
      `const k = await s.importKey("jwk", input.key, input.algorithm, input.extractable, input.usages); return { ...shown(k), exports: await exportsOf(k) };`); // prettier-ignore
  });

  test("whose point lies on no curve, at infinity, or with another private half are refused", async () => {
    const pkcs8 = Buffer.from(bytesOf(made["p256"]!.private["pkcs8"]));
    const mixed = Buffer.from(pkcs8);
    Buffer.from(bytesOf(made["p256"]!.private["pkcs8"])).copy(mixed, 36, 37, 60);
    const raw = bytesOf(made["p256"]!.public["raw"]);
    const compressed = [2 + (raw.at(-1)! & 1), ...raw.slice(1, 33)];
    const cases = [
      { format: "pkcs8", key: text([...mixed]) }, { format: "raw", key: "u8:0" }, { format: "raw", key: text([...raw.slice(0, 64), raw[64]! ^ 1]) },
      { format: "raw", key: text(compressed) }, { format: "raw", key: text([...raw, 1]) }, { format: "raw", key: "u8:" },
    ]; // prettier-ignore
    await sameCases(cases, `const k = await s.importKey(input.format, input.key, { name: "ECDSA", namedCurve: "P-256" }, true, input.format === "raw" ? ["verify"] : ["sign"]); return exportsOf(k);`); // prettier-ignore
  });

  test("are made with what Node makes of the same words", async () => {
    const algorithms = [
      ...Object.values(PAIRS).filter(({ name }) => name !== "RSA-OAEP"), { name: "RSA-PSS", hash: "SHA-256", modulusLength: 512, publicExponent: "u8:0,1,0,1" },
      ...["", "u8:1", "u8:2", "u8:4,0", "u8:1,0,0,0,1", "x", [1, 0, 1]].map((publicExponent) => ({ name: "RSA-OAEP", hash: "SHA-1", modulusLength: 1024, publicExponent })),
      ...[0, 511, -1, "512x", 2 ** 32].map((modulusLength) => ({ name: "RSA-OAEP", hash: "SHA-1", modulusLength, publicExponent: "u8:1,0,1" })),
      { name: "RSA-OAEP", modulusLength: 1024, publicExponent: "u8:1,0,1" }, { name: "RSA-OAEP", hash: "SHA-3", modulusLength: 1024, publicExponent: "u8:1,0,1" }, { name: "RSA-OAEP", hash: "SHA-1" },
      { name: "AES-CTR", length: 256 }, { name: "AES-KW", length: 128 }, { name: "AES-CTR", length: 100 }, { name: "AES-CTR" }, { name: "AES-CTR", length: 2 ** 16 },
      { name: "HMAC", hash: "SHA-512" }, { name: "HMAC", hash: "SHA-1", length: 9 }, { name: "HMAC", hash: "SHA-1", length: 0 }, "HKDF", "Ed25519", "x25519", "nothing", undefined, { name: "ECDH", namedCurve: "p-256" }, { name: "ECDH", namedCurve: "" },
    ]; // prettier-ignore
    const usages = [["sign", "verify"], ["verify"], ["deriveKey"], ["encrypt", "decrypt", "wrapKey", "unwrapKey"], ["wrapKey"], [], ["guess"], "sign", null]; // prettier-ignore
    await sameCases(algorithms.flatMap((algorithm) => usages.flatMap((use) => [true, false].map((extractable) => ({ algorithm, use, extractable })))),
      `return s.generateKey(input.algorithm, input.extractable, input.use);`); // prettier-ignore
  });

  test("that are made here work in Node, and those of a run with a seed are made again", async () => {
    const make = `${TOOLS} const all = []; for (const a of input) { const use = a.name === "ECDSA" || a.name === "Ed25519" ? ["sign", "verify"] : ["deriveBits"];
      const { publicKey, privateKey } = await s.generateKey(a, true, use); all.push([hex(await s.exportKey("pkcs8", privateKey)), hex(await s.exportKey("spki", publicKey)), await s.exportKey("jwk", privateKey)]); } return all;`;
    const algorithms = [...Object.values(PAIRS).filter(({ name }) => name !== "RSA-OAEP"), { name: "ECDH", namedCurve: "P-384" }]; // prettier-ignore
    const clock = { now: "2026-01-01T00:00:00.000Z", seed: "a" };
    const first = (await both.inGuest(make, algorithms, { clock })) as unknown[];
    expect(await both.inGuest(make, algorithms, { clock })).toEqual(first);
    expect(await both.inGuest(make, algorithms, { clock: { ...clock, seed: "b" } })).not.toEqual(first);
    const read = await both.inNode(`${TOOLS} const all = []; for (const [a, [pkcs8, spki, jwk]] of input) { const use = a.name === "ECDSA" || a.name === "Ed25519" ? ["sign"] : ["deriveBits"];
      const k = await s.importKey("pkcs8", alive(pkcs8), a, true, use); const p = await s.importKey("spki", alive(spki), a, true, a.name === "ECDSA" || a.name === "Ed25519" ? ["verify"] : []);
      const again = await s.exportKey("jwk", k); all.push([JSON.stringify(again) === JSON.stringify(jwk), hex(await s.exportKey("pkcs8", k)) === pkcs8, (await s.exportKey("jwk", p)).x === again.x]); } return all;`,
      algorithms.map((algorithm, at) => [algorithm, first[at]])); // prettier-ignore
    expect(read).toEqual(algorithms.map(() => [true, true, true]));
  });
});

describe("what keys do", () => {
  test("AES-CTR counts and wraps as in Node", async () => {
    const counters = [Array(16).fill(255), [...Array(14).fill(7), 255, 254], Array(16).fill(0), [...Array(15).fill(255), 0]]; // prettier-ignore
    const cases = counters.flatMap((counter) =>
      [1, 2, 8, 15, 16, 64, 127, 128, 0, 129, 256].flatMap((length) =>
        [0, 1, 16, 31, 32, 33, 80, 4096, 4097].map((size) => ({ counter: text(counter), length, size })),
      ),
    );
    await sameCases(cases, `const k = await s.importKey("raw", new Uint8Array(16).fill(9), "AES-CTR", false, ["encrypt", "decrypt"]);
      const a = { name: "AES-CTR", counter: input.counter, length: input.length }; const c = await s.encrypt(a, k, new Uint8Array(input.size).fill(5));
      return [hex(c), hex(await s.decrypt(a, k, c)).length];`); // prettier-ignore
  });

  test("ECDH and X25519 agree on the same bits, of every length", async () => {
    const curves = ["p256", "p384", "p521", "x25519"];
    const cases = curves.flatMap((own) =>
      curves.flatMap((other) =>
        (own !== other ? [8] : [null, undefined, 0, 1, 7, 8, 128, 250, 256, 264, 384, 521, 528, 536, -1, "x"]).map((length) => ({
          own: made[own]!.private["pkcs8"], other: made[other]!.public["spki"], length,
          a: own === "x25519" ? { name: "X25519" } : { ...PAIRS[own as "p256"], name: "ECDH" }, b: other === "x25519" ? { name: "X25519" } : { ...PAIRS[other as "p256"], name: "ECDH" },
        })),
      ),
    ); // prettier-ignore
    await sameCases(cases, `const mine = await s.importKey("pkcs8", input.own, input.a, false, ["deriveBits", "deriveKey"]); const theirs = await s.importKey("spki", input.other, input.b, true, []);
      const a = { name: input.a.name, public: theirs };
      return [await attempt(() => "length" in input ? s.deriveBits(a, mine, input.length) : s.deriveBits(a, mine)),
        await attempt(async () => exportsOf(await s.deriveKey(a, mine, { name: "AES-KW", length: 256 }, true, ["wrapKey"]))),
        await attempt(async () => exportsOf(await s.deriveKey(a, mine, { name: "HMAC", hash: "SHA-256", length: 200 }, true, ["sign"]))),
        await attempt(() => s.deriveKey(a, mine, "HKDF", false, ["deriveBits"])), await attempt(() => s.deriveKey(a, mine, input.b, false, [])),
        await attempt(() => s.deriveBits({ name: input.a.name, public: mine }, mine, 8)), await attempt(() => s.deriveBits({ name: input.a.name }, mine, 8)), await attempt(() => s.deriveBits(a, theirs, 8))];`); // prettier-ignore
  });

  test("X25519 with a point of small order is no secret", () =>
    sameCases([{ key: text(Array(32).fill(0)) }, { key: text([1, ...Array(31).fill(0)]) }].map((one) => ({ ...one, own: made["x25519"]!.private["pkcs8"] })),
      `const mine = await s.importKey("pkcs8", input.own, "X25519", false, ["deriveBits"]); return s.deriveBits({ name: "X25519", public: await s.importKey("raw", input.key, "X25519", true, []) }, mine, 256);`)); // prettier-ignore

  test("signatures that need no chance are Node's, and each side verifies the other's", async () => {
    const rsa = { own: made["rsa"]!.private["pkcs8"], other: made["rsa"]!.public["spki"] };
    const cases = [
      { own: made["ed25519"]!.private["pkcs8"], other: made["ed25519"]!.public["spki"], a: "Ed25519", use: "Ed25519" },
      ...["SHA-1", "SHA-384"].map((hash) => ({ ...rsa, a: { name: "RSASSA-PKCS1-v1_5", hash }, use: "RSASSA-PKCS1-v1_5" })), { ...rsa, a: { name: "RSA-PSS", hash: "SHA-256" }, use: { name: "RSA-PSS", saltLength: 0 } },
    ]; // prettier-ignore
    await sameCases(cases, `const k = await s.importKey("pkcs8", input.own, input.a, false, ["sign"]); const p = await s.importKey("spki", input.other, input.a, false, ["verify"]);
      const d = Uint8Array.of(1, 2, 3); const sig = await s.sign(input.use, k, d); const bad = new Uint8Array(sig.slice()); bad[0] ^= 1;
      return [hex(sig), await s.verify(input.use, p, sig, d), await s.verify(input.use, p, bad, d), await s.verify(input.use, p, sig.slice(1), d), await s.verify(input.use, p, new Uint8Array(), d),
        await attempt(() => s.sign(input.use, p, d)), await attempt(() => s.verify(input.use, k, sig, d)), await attempt(() => s.sign("HMAC", k, d)), await attempt(() => s.sign(input.use, {}, d)), await attempt(() => s.sign(input.use, k, "text")), await attempt(() => s.sign(input.use, k))];`); // prettier-ignore
    await sameCases([0, 32, 222, 223, 1000, 9000, 2 ** 31, 2 ** 32, -1, "x", undefined].map((saltLength) => ({ ...rsa, saltLength })),
      `const a = { name: "RSA-PSS", hash: "SHA-256" }; const k = await s.importKey("pkcs8", input.own, a, false, ["sign"]); const p = await s.importKey("spki", input.other, a, false, ["verify"]);
       const use = { name: "RSA-PSS", saltLength: input.saltLength }; const sig = await attempt(() => s.sign(use, k, Uint8Array.of(1)));
       return [Array.isArray(sig) ? sig : await s.verify(use, p, alive(sig), Uint8Array.of(1)), await attempt(() => s.verify(use, p, new Uint8Array(256), Uint8Array.of(1)))];`); // prettier-ignore
    const swap = async (make: "inGuest" | "inNode", check: "inGuest" | "inNode"): Promise<void> => {
      const signed = await both[make](`${TOOLS} const all = []; for (const [n, hash] of [["p256", "SHA-256"], ["p384", "SHA-512"]]) { const a = { name: "ECDSA", namedCurve: n === "p256" ? "P-256" : "P-384" };
        const k = await s.importKey("jwk", input[n].private.jwk, a, false, ["sign"]); all.push([n, a, hash, hex(await s.sign({ name: "ECDSA", hash }, k, Uint8Array.of(1, 2)))]); } return all;`, made); // prettier-ignore
      const verified = await both[check](`${TOOLS} const all = []; for (const [n, a, hash, sig] of input[0]) { const p = await s.importKey("spki", alive(input[1][n].public.spki), a, false, ["verify"]);
        all.push(await s.verify({ name: "ECDSA", hash }, p, alive(sig), Uint8Array.of(1, 2)), await s.verify({ name: "ECDSA", hash }, p, alive(sig), Uint8Array.of(1)), await s.verify({ name: "ECDSA", hash: "SHA-1" }, p, alive(sig).slice(1), Uint8Array.of(1))); } return all;`, [signed, made]); // prettier-ignore
      expect(verified).toEqual([true, false, false, true, false, false]);
    };
    await swap("inGuest", "inNode");
    await swap("inNode", "inGuest");
  });

  test("RSA-OAEP of one side is read by the other, with and without a label", async () => {
    const crypt = `${TOOLS} const all = []; for (const hash of ["SHA-1", "SHA-256", "SHA-512"]) for (const label of [undefined, "u8:", "u8:1,2"]) { const a = { name: "RSA-OAEP", hash };
      const p = await s.importKey("spki", alive(input.public.spki), a, false, ["encrypt"]); all.push([hash, label, hex(await s.encrypt({ name: "rsa-oaep", ...(label == null ? {} : { label: alive(label) }) }, p, Uint8Array.of(4, 5)))]); } return all;`;
    const read = `${TOOLS} const all = []; for (const [hash, label, c] of input[0]) { const k = await s.importKey("pkcs8", alive(input[1].private.pkcs8), { name: "RSA-OAEP", hash }, false, ["decrypt"]);
      all.push(await attempt(() => s.decrypt({ name: "RSA-OAEP", ...(label == null ? {} : { label: alive(label) }) }, k, alive(c))), await attempt(() => s.decrypt({ name: "RSA-OAEP", label: Uint8Array.of(9) }, k, alive(c))), await attempt(() => s.decrypt("RSA-OAEP", k, alive(c).slice(0, -1)))); } return all;`;
    for (const [make, use] of [["inGuest", "inNode"], ["inNode", "inGuest"]] as const) {
      const plain = (await both[use](read, [await both[make](crypt, made["rsa"]), made["rsa"]])) as unknown[];
      const refused = ["OperationError", true, false];
      expect(plain).toEqual(Array.from({ length: 9 }, () => ["u8:4,5", refused, refused]).flat());
    } // prettier-ignore
    await sameCases([{ size: 190 }, { size: 191 }, { size: 0 }, { label: "text", size: 1 }, { label: null, size: 1 }].map((one) => ({ ...one, key: made["rsa"]!.public["spki"] })),
      `const p = await s.importKey("spki", input.key, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["encrypt"]); return (await s.encrypt({ name: "RSA-OAEP", ...("label" in input ? { label: input.label } : {}) }, p, new Uint8Array(input.size))).byteLength;`); // prettier-ignore
  });

  test("keys are wrapped and unwrapped as in Node", async () => {
    const wraps = [
      ["AES-KW", "AES-KW"], [{ name: "AES-CBC", iv: text(Array(16).fill(1)) }, "AES-CBC"], [{ name: "AES-GCM", iv: text(Array(12).fill(1)), additionalData: "u8:1" }, "AES-GCM"],
      [{ name: "AES-CTR", counter: text(Array(16).fill(1)), length: 64 }, "AES-CTR"], ["HMAC", "AES-KW"], ["AES-CBC", "AES-CBC"], ["HKDF", "AES-KW"],
    ] as const; // prettier-ignore
    const inner = [
      ["raw", `u8:${SECRET.join()}`, "AES-GCM", ["encrypt"]], ["raw", "u8:1,2,3", { name: "HMAC", hash: "SHA-1" }, ["sign"]], ["raw", `u8:${SECRET.slice(0, 16).join()}`, { name: "HMAC", hash: "SHA-1" }, ["verify", "sign"]],
      ["pkcs8", made["p256"]!.private["pkcs8"], PAIRS.p256, ["sign"]], ["spki", made["ed25519"]!.public["spki"], "Ed25519", ["verify"]], ["raw", "u8:1", "HKDF", ["deriveBits"]],
    ] as const; // prettier-ignore
    const cases = wraps.flatMap(([a, of]) =>
      inner.flatMap(([format, key, algorithm, usages]) =>
        ["raw", "jwk", "pkcs8", "spki", "other"].flatMap((as) => [["wrapKey", "unwrapKey"], ["wrapKey", "encrypt"]].map((own) => ({ a, of, format, key, algorithm, usages, as, own }))),
      ),
    ); // prettier-ignore
    await sameCases(cases, `const w = await s.importKey("raw", new Uint8Array(32).fill(3), input.of, false, input.own.filter((u) => input.of !== "AES-KW" || u !== "encrypt"));
      const k = await s.importKey(input.format, input.key, input.algorithm, input.algorithm !== "HKDF", input.usages); const c = await s.wrapKey(input.as, k, w, input.a);
      const again = await attempt(async () => exportsOf(await s.unwrapKey(input.as, c, w, input.a, input.algorithm, true, input.usages)));
      const broken = await attempt(() => s.unwrapKey(input.as, c.slice(0, -1), w, input.a, input.algorithm, true, input.usages)); return [hex(c), again, input.of === "AES-CTR" ? null : broken];`); // prettier-ignore
  });

  test("what is no argument is a TypeError, before all else", () =>
    both.sameForAll(fc.tuple(fc.constantFrom("digest", "sign", "verify", "encrypt", "decrypt", "deriveBits", "deriveKey", "generateKey", "importKey", "exportKey", "wrapKey", "unwrapKey"),
      fc.array(fc.constantFrom("raw", "jwk", "AES-CTR", "RSA-OAEP", "nothing", null, 1, {}, [], ["sign"], true, "key", "bytes"), { maxLength: 7 })), `
      const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]);
      const given = input[1].map((one) => one === "key" ? key : one === "bytes" ? new Uint8Array(3) : one);
      const made = await crypto.subtle[input[0]](...given); return typeof made;`, 600)); // prettier-ignore
});

function bytesOf(given: unknown): number[] {
  return String(given).slice(3).split(",").map(Number); // prettier-ignore
}

function text(bytes: readonly number[]): string {
  return `u8:${bytes.join()}`;
}
