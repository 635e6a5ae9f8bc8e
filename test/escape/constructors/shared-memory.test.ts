import { expect } from "@jest/globals";
import { describeAttacks } from "../harness.ts";

const none = {
  ends: "returned",
  check: ({ returnValue }: { returnValue?: unknown }): void => expect(returnValue).toEqual("none"),
} as const;

describeAttacks("shared memory, and clocks made of it", {
  "by name": {
    source:
      "return [typeof SharedArrayBuffer, typeof Atomics, typeof WebAssembly].every((t) => t === 'undefined') ? 'none' : 'some';",
    ...none,
  },
  "by code made from text": {
    source: "return (0, eval)('typeof SharedArrayBuffer + typeof Atomics') === 'undefinedundefined' ? 'none' : 'some';",
    ...none,
  },
  "by async generator functions": {
    source:
      "const G = Object.getPrototypeOf(async function* () {}).constructor; return G('yield typeof SharedArrayBuffer')().next().then(({ value }) => value === 'undefined' ? 'none' : value);",
    ...none,
  },
  "by the species of a buffer": {
    source:
      "return [new ArrayBuffer(8).constructor, Object.getPrototypeOf(Uint8Array)].some((c) => /Shared/.test(c.name)) ? 'some' : 'none';",
    ...none,
  },
});
