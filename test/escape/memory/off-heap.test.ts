import { LONG, describeAttacks } from "../harness.ts";

const ends = ["out_of_memory OUT_OF_MEMORY", "threw ACTION_THREW"];
const limits = LONG;

describeAttacks("memory beside V8's heap", {
  "array buffers": { source: "const all = []; for (;;) all.push(new ArrayBuffer(1e7));", ends, limits },
  "array buffers that are written to": {
    source: "const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));",
    ends,
    limits,
  },
  "one huge buffer": { source: "return new ArrayBuffer(8e9).byteLength;", ends, limits },
  "resizable buffers": {
    source:
      "const all = []; for (;;) { const b = new ArrayBuffer(0, { maxByteLength: 1e8 }); b.resize(1e8); new Uint8Array(b).fill(1); all.push(b); }",
    ends,
    limits,
  },
  "a resizable buffer that grows slowly": {
    source:
      "const b = new ArrayBuffer(0, { maxByteLength: 4e9 }); for (let n = 0; ; n += 1e6) { b.resize(n); new Uint8Array(b, Math.max(0, n - 1e6)).fill(1); }",
    ends,
    // Each megabyte is touched page by page, which a busy machine counts dearly: its memory is to end it, not its time.
    limits: { ...limits, cpuMs: 20_000 },
  },
  "copies by transfer": {
    source: "const all = []; for (;;) all.push(new Uint8Array(1e3).fill(1).buffer.transfer(1e7));",
    ends,
    limits,
  },
  "structured text": { source: "const all = []; for (;;) all.push(JSON.stringify('x'.repeat(2e6)));", ends, limits },
});
