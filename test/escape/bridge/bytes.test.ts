/** What a prelude is given by the action may be no bytes at all: only byte arrays of a known size leave the isolate. */
import { expect, test } from "@jest/globals";
import { DEFAULT_SANDBOX_LIMITS, type HostCall, createSandbox, scriptImage } from "../../../sandbox/index.ts";

const PRELUDE = `(bridge) => {
  globalThis.send = (args, bytes) => bridge.callAsync("take", args, bytes).then(() => "taken", (error) => error.code);
  globalThis.work = (args, bytes) => { try { return bridge.callWorker("crypto.digest", args, bytes) && "taken"; } catch (error) { return error.code; } };
}`;

const GIVEN: Readonly<Record<string, string>> = {
  "numbers of eight bytes": "new Float64Array(3000)",
  "numbers of eight bytes that pose as bytes": "Object.setPrototypeOf(new Float64Array(3000), Uint8Array.prototype)",
  "numbers of eight bytes with a tag of bytes":
    "Object.defineProperty(new Float64Array(3000), Symbol.toStringTag, { value: 'Uint8Array' })",
  "a view": "new DataView(new ArrayBuffer(3000))",
  "a buffer": "new ArrayBuffer(3000)",
  "a number": "5",
  "a text": "'x'.repeat(3000)",
  "an object that poses as bytes": "({ byteLength: 3, length: 3, __proto__: Uint8Array.prototype })",
  "a proxy": "new Proxy(new Uint8Array(3), {})",
};

const TOO_MANY = [
  "new Uint8Array(17 * 1024 * 1024)",
  "Object.defineProperty(new Uint8Array(17 * 1024 * 1024), 'byteLength', { value: 1 })",
];

test("what is no array of bytes does not cross", async () => {
  const calls: HostCall[] = [];
  const sandbox = createSandbox({
    image: scriptImage({ preludes: [{ name: "bytes", code: PRELUDE }] }),
    isolatesAhead: 1,
  });
  const run = async (body: string): Promise<unknown> => {
    const code = `(exports) => { exports.run = async () => { ${body} }; }`;
    const { end } = await sandbox.run({
      tenant: "t",
      cordon: "c",
      script: { code, hash: code },
      entryPoints: ["run"],
      input: "null",
      hostFunctions: { take: { mode: "async", handle: (call) => ({ value: calls.push(call) }) } },
      limits: { ...DEFAULT_SANDBOX_LIMITS, memoryMiB: 128 },
    });
    return end.type === "returned" ? end.value : end;
  };
  try {
    for (const [name, given] of Object.entries(GIVEN))
      expect([name, await run(`return [await send("1", ${given}), work('"SHA-1"', ${given})];`)]).toEqual([
        name,
        ["ARGUMENTS_BAD", "ARGUMENTS_BAD"],
      ]);
    for (const given of TOO_MANY)
      expect([given, await run(`return [await send("1", ${given}), work('"SHA-1"', ${given})];`)]).toEqual([
        given,
        ["ARGUMENTS_TOO_LARGE", "ARGUMENTS_TOO_LARGE"],
      ]);
    for (const args of ["{ length: 0 }", "5", "null", "Object('x')"])
      expect([args, await run(`return [await send(${args}), work(${args})];`)]).toEqual([
        args,
        ["ARGUMENTS_BAD", "ARGUMENTS_BAD"],
      ]);
    expect(await run(`return work('x'.repeat(9 * 1024 * 1024));`)).toBe("ARGUMENTS_TOO_LARGE");
    expect(calls).toEqual([]);

    const kept = [
      "new Uint8Array([1, 2, 3])",
      "new Uint8Array([0, 1, 2, 3]).subarray(1)",
      "new Uint8Array(new Uint8Array([1, 2, 3]).buffer.transfer(3))",
      "(() => { const grows = new ArrayBuffer(3, { maxByteLength: 9 }); const bytes = new Uint8Array(grows); bytes.set([1, 2, 3]); return bytes; })()",
      "(() => { const shrunk = new ArrayBuffer(9, { maxByteLength: 9 }); const bytes = new Uint8Array(shrunk); bytes.set([1, 2, 3]); shrunk.resize(3); return bytes; })()",
    ];
    for (const given of kept) expect([given, await run(`return send("1", ${given});`)]).toEqual([given, "taken"]);
    expect(calls.map(({ bytes }) => [...bytes!])).toEqual(kept.map(() => [1, 2, 3]));
  } finally {
    await sandbox.close();
  }
});
