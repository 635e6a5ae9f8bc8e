/** Bytes that a worker in an attacker's hands could send: frames bent out of shape, cut anywhere, or made of nothing. */
import fc from "fast-check";
import {
  encodeEntered,
  encodeFreed,
  encodePrepared,
  encodeReturned,
  encodeSyncCall,
} from "../../sandbox/protocol/positions.ts";
import { encodeBody, encodeFrame } from "../../sandbox/protocol/wire.ts";

const usage = { wallMs: 1, hostMs: 0, cpuMs: 1, peakMemoryBytes: 1, hostCalls: 0 };
const json = fc.jsonValue({ maxDepth: 4 });

const proper = fc.oneof(
  fc.constant({ type: "ready", missing: 0 }),
  fc.record({
    type: fc.constant("log"),
    run: fc.nat(3),
    level: fc.constantFrom("debug", "info", "warn", "error"),
    message: fc.string(),
    time: fc.string(),
  }),
  fc.record({
    type: fc.constant("call"),
    run: fc.nat(3),
    call: fc.integer(),
    name: fc.oneof(fc.constantFrom("now", "later"), fc.string()),
    args: json.map((value) => JSON.stringify(value)),
  }),
  fc.constant({ type: "prepared", missing: 1 }),
  fc.record({ type: fc.constant("dropped"), run: fc.nat(3), lines: fc.nat() }),
  fc.record({ type: fc.constant("freed"), run: fc.nat(3), missing: fc.nat(2) }),
  fc.record({ type: fc.constant("entered"), run: fc.nat(3) }),
  fc.record({ type: fc.constant("pong"), ping: fc.integer(), heaps: fc.dictionary(fc.string(), fc.nat()) }),
  fc.record({
    type: fc.constant("ended"),
    run: fc.nat(3),
    logsDropped: fc.nat(),
    usage: fc.constant(usage),
    end: fc.oneof(
      fc.record({
        type: fc.constant("returned"),
        json: fc.oneof(
          fc.string(),
          json.map((value) => JSON.stringify(value)),
        ),
      }),
      fc.constant({ type: "stopped" }),
      fc.constant({ type: "out_of_memory", stack: null }),
      fc.record({
        type: fc.constant("timed_out"),
        limit: fc.constantFrom("wall", "cpu"),
        stack: fc.constant(null),
        waiting: fc.boolean(),
      }),
    ),
  }),
);

const bent = fc.tuple(proper, fc.string(), json).map(([frame, key, value]) => ({ ...frame, [key]: value }));
const texts = fc.oneof(
  proper.map((frame) => JSON.stringify(frame)),
  bent.map((frame) => JSON.stringify(frame)),
  json.map((value) => JSON.stringify(value)),
  fc.string(),
);
const whole = fc
  .tuple(texts, fc.option(fc.uint8Array({ maxLength: 50 })))
  .map(([text, bytes]) => encodeFrame(text, bytes ?? undefined));
const measure = fc.oneof(fc.double(), fc.nat());
/** The kinds whose numbers stand in fixed places, as ours writes them, with numbers that it would not write, and with bodies of any size. */
const positional = fc.oneof(
  fc
    .record({
      run: fc.nat(3),
      json: fc.oneof(
        fc.string(),
        json.map((value) => JSON.stringify(value)),
      ),
      logsDropped: fc.nat(),
      measures: fc.tuple(measure, measure, measure, measure),
    })
    .map(({ measures: [wallMs, hostMs, cpuMs, peakMemoryBytes], ...rest }) =>
      encodeReturned({ ...rest, usage: { wallMs, hostMs, cpuMs, peakMemoryBytes, hostCalls: 0 } }),
    ),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([run, missing]) => encodeFreed(run, missing)),
  fc.nat(3).map(encodePrepared),
  fc.nat(3).map(encodeEntered),
  fc
    .record({ run: fc.nat(3), name: fc.constantFrom("now", "later", ""), args: fc.constantFrom("1", "{") })
    .map(encodeSyncCall),
  fc
    .tuple(
      fc.integer({ min: 0, max: 63 }),
      fc.uint8Array({ maxLength: 64 }),
      fc.option(fc.uint8Array({ maxLength: 9 })),
    )
    .map(([kind, body, bytes]) =>
      encodeBody(kind, body.length, "", (frame, at) => frame.set(body, at), bytes ?? undefined),
    ),
);
const flipped = fc.tuple(fc.oneof(whole, positional), fc.nat(), fc.nat(255)).map(([frame, at, value]) => {
  const copy = Buffer.from(frame);
  copy[at % copy.length] = value;
  return copy;
});

/** One stream, in the pieces in which it arrives. */
export const streams: fc.Arbitrary<readonly Buffer[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        whole,
        positional,
        flipped,
        fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 8 },
    ),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
  )
  .map(([frames, sizes]) => {
    const all = Buffer.concat(frames);
    const pieces: Buffer[] = [];
    for (let at = 0, turn = 0; at < all.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      pieces.push(all.subarray(at, at + size));
      at += size;
    }
    return pieces;
  });
