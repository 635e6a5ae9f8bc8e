/**
 * Compression and its reverse, by the worker's own zlib. Both sides have a cap, so that neither a bomb nor a slow setting can hold the thread
 * for longer than a run may compute: what it takes is on the run's CPU time.
 */
import { nodeZlib } from "./late-modules.ts";
import { oneOf, PlatformError } from "./platform-input.ts";
import type { PlatformFunction } from "./platform-input.ts";

const MAX_IN = 8 * 1024 * 1024;
const MAX_OUT = 16 * 1024 * 1024;
const FORMATS = ["gzip", "deflate", "deflate-raw", "brotli"] as const;

/** A quality that a web server would choose: the default takes seconds for a megabyte. */
const BROTLI_QUALITY = 4;
const BOUNDED = { maxOutputLength: MAX_OUT, rejectGarbageAfterEnd: true };

export const zlibFunctions: Readonly<Record<string, PlatformFunction>> = {
  /** A format and bytes → bytes. */
  "zlib.compress": (args, bytes) => bounded(bytes, () => compress(oneOf(args, FORMATS), bytes)),
  "zlib.decompress": (args, bytes) => bounded(bytes, () => decompress(oneOf(args, FORMATS), bytes)),
};

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

function decompress(format: (typeof FORMATS)[number], bytes: Uint8Array): Buffer {
  switch (format) {
    case "gzip":
      return nodeZlib().gunzipSync(bytes, BOUNDED);
    case "deflate":
      return nodeZlib().inflateSync(bytes, BOUNDED);
    case "deflate-raw":
      return nodeZlib().inflateRawSync(bytes, BOUNDED);
    case "brotli":
      return nodeZlib().brotliDecompressSync(bytes, BOUNDED);
    default:
      return format satisfies never;
  }
}

function bounded(bytes: Uint8Array, work: () => Buffer): { value: null; bytes: Uint8Array } {
  if (bytes.byteLength > MAX_IN) throw tooLarge(`more than ${MAX_IN} bytes to compress or decompress`);
  try {
    // A Buffer may be a window on Node's pool, which holds other data.
    return { value: null, bytes: new Uint8Array(work()) };
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(`the data decompresses to more than ${MAX_OUT} bytes`);
    throw new PlatformError("COMPRESSION_BAD", "the compressed data is malformed or cut off");
  }
}

function tooLarge(message: string): PlatformError {
  return new PlatformError("COMPRESSION_TOO_LARGE", message, "RangeError");
}
