import { afterAll, describe, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const bytes = fc.oneof(
  fc.array(fc.nat(255), { maxLength: 40 }),
  fc.array(fc.constantFrom([0xf0, 0x9f, 0x98, 0x80], [0xef, 0xbb, 0xbf], [0xe2, 0x82], [0xc3], [0xa9], [0xed, 0xa0, 0x80], [0x41], [0xff], [0xd8, 0x3d], [0x3d, 0xd8]), { maxLength: 12 }).map((all) => all.flat()),
); // prettier-ignore
const text = fc.string({ unit: "binary", maxLength: 40 });
const anyText = fc
  .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 30 })
  .map((codes) => String.fromCharCode(...codes));

describe("text encodings", () => {
  test("encode as Node does, lone surrogates included", () =>
    both.sameForAll(fc.oneof(text, anyText), `
      const out = new Uint8Array(7);
      return [[...new TextEncoder().encode(input)], new TextEncoder().encodeInto(input, out), [...out]];`)); // prettier-ignore

  test("decode as Node does, whatever the bytes, the label and the options", () =>
    both.sameForAll(
      fc.tuple(bytes, fc.constantFrom("utf-8", "UTF8", "latin1", "utf-16le", "utf-16be", "shift_jis", "gb18030", "euc-kr", "big5", "windows-1251", "koi8-r", "nonsense"), fc.boolean(), fc.boolean()),
      `const d = new TextDecoder(input[1], { fatal: input[2], ignoreBOM: input[3] });
       return [d.encoding, d.fatal, d.ignoreBOM, d.decode(new Uint8Array(input[0])), d.decode(new Uint8Array(input[0]).buffer)];`,
    )); // prettier-ignore

  test("decode a stream wherever it is cut", () =>
    both.sameForAll(
      fc.tuple(fc.array(bytes, { maxLength: 5 }), fc.constantFrom("utf-8", "utf-16le", "utf-16be", "shift_jis", "euc-jp"), fc.boolean()),
      `const d = new TextDecoder(input[1], { ignoreBOM: input[2] });
       const all = input[0].map((chunk) => d.decode(new Uint8Array(chunk), { stream: true }));
       return all.join("") + d.decode() + "|" + d.decode(new Uint8Array([65, 0]));`,
    )); // prettier-ignore
});

describe("base64", () => {
  test("btoa and atob agree with Node's", () =>
    both.sameForAll(fc.oneof(text, fc.base64String(), fc.array(fc.nat(255)).map((codes) => String.fromCharCode(...codes))), `
      const attempt = (f) => { try { return f(input); } catch (error) { return [error.name, error.code, error instanceof DOMException]; } };
      return [attempt(btoa), attempt(atob)];`)); // prettier-ignore
});
