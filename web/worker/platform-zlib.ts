/**
 * Compression and its reverse, by the worker's own zlib. Both sides have a cap, so that neither a bomb nor a slow setting can hold the thread
 * for longer than a run may compute: what it takes is on the run's CPU time.
 */
import { BROTLI_OFF, mayDecodeBrotli } from "../../base/brotli.ts";
import { OutOfTimeError } from "./costs.ts";
import { nodeCrypto, nodeZlib } from "./late-modules.ts";
import { oneOf, PlatformError } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";

const MAX_IN = 8 * 1024 * 1024;
const MAX_OUT = 16 * 1024 * 1024;
const FORMATS = ["gzip", "deflate", "deflate-raw", "brotli"] as const;

/** A quality that a web server would choose: the default takes seconds for a megabyte. */
const BROTLI_QUALITY = 4;
/** Milliseconds for each byte that comes out of decompressing. */
const DECOMPRESS_MS = 5e-6;
/** How long compressing takes depends on the data: of more than this, some is compressed for a trial. */
const SMALL_BYTES = 256 * 1024;
const SAMPLES = 4;
const SAMPLE_BYTES = 32 * 1024;
/** What a sample alone costs beside its bytes, and how far the rest may differ. */
const MARGIN = 0.8;

export const zlibFunctions: Readonly<Record<string, PlatformFunction>> = {
  /** A format and bytes → bytes. */
  "zlib.compress": (args, bytes, need) => {
    const format = oneOf(args, FORMATS);
    if (bytes.byteLength > SMALL_BYTES && bytes.byteLength <= MAX_IN)
      need(`compressing ${bytes.byteLength} bytes`, sampledMs(format, bytes));
    return bounded(bytes, MAX_OUT, () => compress(format, bytes));
  },
  /** A format → null, or an error where it cannot be read here: a stream says so before anything is written to it. */
  "zlib.readable": (args) => {
    readable(args);
    return { value: null };
  },
  /** What comes of it is known afterwards: no more than the time that is left is enough for. */
  "zlib.decompress": (args, bytes, need, leftMs) => {
    const format = readable(args);
    need(`decompressing ${bytes.byteLength} bytes`, bytes.byteLength * DECOMPRESS_MS);
    const most = Math.max(1, Math.min(MAX_OUT, Math.floor(leftMs / DECOMPRESS_MS)));
    return bounded(bytes, most, () => decompress(format, bytes, most));
  },
};

function readable(args: unknown): (typeof FORMATS)[number] {
  const format = oneOf(args, FORMATS);
  if (format === "brotli" && !mayDecodeBrotli()) throw new PlatformError("COMPRESSION_UNAVAILABLE", BROTLI_OFF);
  return format;
}

function compress(format: (typeof FORMATS)[number], bytes: Uint8Array): Buffer {
  switch (format) {
    case "gzip":
      return nodeZlib().gzipSync(bytes);
    case "deflate":
      return nodeZlib().deflateSync(bytes);
    case "deflate-raw":
      return nodeZlib().deflateRawSync(bytes);
    case "brotli":
      return nodeZlib().brotliCompressSync(bytes, {
        params: { [nodeZlib().constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
      });
    default:
      return format satisfies never;
  }
}

function decompress(format: (typeof FORMATS)[number], bytes: Uint8Array, maxOutputLength: number): Buffer {
  const bounds = { maxOutputLength, rejectGarbageAfterEnd: true };
  switch (format) {
    case "gzip":
      return nodeZlib().gunzipSync(bytes, bounds);
    case "deflate":
      return nodeZlib().inflateSync(bytes, bounds);
    case "deflate-raw":
      return nodeZlib().inflateRawSync(bytes, bounds);
    case "brotli":
      return nodeZlib().brotliDecompressSync(bytes, bounds);
    default:
      return format satisfies never;
  }
}

/** From places that cannot be known before. */
function sampledMs(format: (typeof FORMATS)[number], bytes: Uint8Array): number {
  const times = Array.from({ length: SAMPLES }, () => {
    const at = nodeCrypto().randomInt(bytes.byteLength - SAMPLE_BYTES);
    const before = performance.now();
    compress(format, bytes.subarray(at, at + SAMPLE_BYTES));
    return performance.now() - before;
  });
  // CPU time is counted in steps longer than this. The longer ones may have waited for a processor.
  const ms = times.sort((a, b) => a - b)[1]!;
  return ms * (bytes.byteLength / SAMPLE_BYTES) * MARGIN;
}

function bounded(bytes: Uint8Array, most: number, work: () => Buffer): { value: null; bytes: Uint8Array } {
  if (bytes.byteLength > MAX_IN) throw tooLarge(`more than ${MAX_IN} bytes to compress or decompress`);
  try {
    // A Buffer may be a window on Node's pool, which holds other data.
    return { value: null, bytes: new Uint8Array(work()) };
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE" && most < MAX_OUT) throw new OutOfTimeError();
    if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(`the data decompresses to more than ${MAX_OUT} bytes`);
    throw new PlatformError("COMPRESSION_BAD", "the compressed data is malformed or cut off");
  }
}

function tooLarge(message: string): PlatformError {
  return new PlatformError("COMPRESSION_TOO_LARGE", message, "RangeError");
}
