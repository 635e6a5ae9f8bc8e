/** The body of a response as the caller may read it: decompressed, and ended with an error past its cap. */
import { pipeline, Readable } from "node:stream";
import type { Duplex } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { BROTLI_OFF, mayDecodeBrotli } from "../../base/brotli.ts";
import { EgressError } from "./refusal.ts";
import { toEgressError } from "./transport.ts";

/** What the client asks servers to use. Another coding could carry a secret past the redaction: it is passed on only where none can be in it. */
export const ACCEPTED_ENCODINGS = mayDecodeBrotli() ? "gzip, deflate, br" : "gzip, deflate";
const KNOWN_CODINGS = ["zstd", "compress", "x-compress", "dcb", "dcz", "exi", "aes128gcm", "pack200-gzip"];
const DECODED = ["gzip", "x-gzip", "deflate", "br"];
const MAX_CODINGS = 3;
const PIECE_BYTES = 64 * 1024;

/** Counts the bytes before and after decoding; either past the cap ends the body with EGRESS_RESPONSE_BODY. */
export async function* cappedBody(
  body: Readable,
  contentEncoding: string,
  cap: number,
  /** Whether a body in a coding that is not known is passed on as it came, as Node does. */
  mayPassCoded = false,
): AsyncGenerator<Uint8Array, void, undefined> {
  let decoded: Readable = readInPieces(body);
  let seen = 0;
  try {
    decoded = decodeBody(body, contentEncoding, cap, mayPassCoded);
    for await (const chunk of decoded as AsyncIterable<Uint8Array>) {
      seen += chunk.byteLength;
      if (seen > cap) throw tooLarge(cap);
      yield chunk;
    }
  } catch (error) {
    throw zlibFault(error) ?? toEgressError(error);
  } finally {
    decoded.destroy();
    body.destroy();
  }
}

/**
 * Has what reads this body without a size get all that is there: Node hands on chunk by chunk, and a server can send each byte as a chunk, which all
 * that reads, decodes and redacts would be asked to look at.
 */
function readInPieces(body: Readable): Readable {
  const read = body.read.bind(body) as (size?: number) => unknown;
  body.read = (size) =>
    read(size ?? (body.readableLength > 0 ? Math.min(body.readableLength, PIECE_BYTES) : undefined));
  return body;
}

function decodeBody(body: Readable, contentEncoding: string, cap: number, mayPassCoded: boolean): Readable {
  const codings = contentEncoding
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  const isUnread = codings.length > MAX_CODINGS || codings.some((coding) => !DECODED.includes(coding));
  if (codings.length === 0 || (isUnread && mayPassCoded)) return body;
  if (codings.length > MAX_CODINGS) throw unknownCoding(contentEncoding);
  const decoders = codings.reverse().map(decoderOf);
  let source: Readable = Readable.from(counted(body, cap), { objectMode: false });
  for (const decoder of decoders) source = Readable.from(decode(source, decoder), { objectMode: false });
  return source;
}

/** The decoder is made once there is something to decode: an empty body is in every coding, and its first byte says which deflate it is. */
async function* decode(source: Readable, decoder: Decoder): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array>;
  let first = await chunks.next();
  while (first.done !== true && first.value.byteLength === 0) first = await chunks.next();
  if (first.done === true) return;
  const begin = first.value;
  const whole = Readable.from(joined(begin, chunks), { objectMode: false });
  yield* pipeline(whole, decoder(begin[0]!), () => {}) as AsyncIterable<Uint8Array>;
}

async function* joined(first: Uint8Array, rest: AsyncIterableIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

type Decoder = (firstByte: number) => Duplex;
/** What was decoded is handed on at once and counts where the coding lacks its end, as in Node and browsers: some servers leave the end out. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };
/** The method of a zlib header. Some servers send the deflate without that header: the first byte decides, as in Node and browsers. */
const ZLIB_METHOD = 0x08;

async function* counted(body: Readable, cap: number): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    sent += chunk.byteLength;
    if (sent > cap) throw tooLarge(cap);
    yield chunk;
  }
}

function tooLarge(cap: number): EgressError {
  return new EgressError("EGRESS_RESPONSE_BODY", `the response's body is over ${cap} bytes`);
}

function decoderOf(coding: string): Decoder {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return () => createGunzip(LENIENT);
    case "deflate":
      return (firstByte) => ((firstByte & 0x0f) === ZLIB_METHOD ? createInflate(LENIENT) : createInflateRaw(LENIENT));
    case "br":
      if (!mayDecodeBrotli()) throw new EgressError("EGRESS_ENCODING", BROTLI_OFF);
      return () => createBrotliDecompress(LENIENT_BROTLI);
    default:
      throw unknownCoding(coding);
  }
}

/** Names only what is a name: a part of something longer could be a part of a secret, which redaction would not recognize. */
function unknownCoding(coding: string): EgressError {
  const known = KNOWN_CODINGS.includes(coding) ? `: ${coding}` : "";
  return new EgressError(
    "EGRESS_ENCODING",
    `the response came in an encoding that was not asked for${known}; it cannot be searched for secrets, so it is not passed on`,
  );
}

function zlibFault(error: unknown): EgressError | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !/^(Z_|ERR__?BROTLI|ERR_BROTLI)/.test(code)) return null;
  return new EgressError("EGRESS_ENCODING", `the response's body could not be decompressed: ${code}`, { cause: error });
}
