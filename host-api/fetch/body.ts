/** The body of a response as the caller may read it: decompressed, and ended with an error past its cap. */
import { pipeline, Transform } from "node:stream";
import type { Duplex, Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { BROTLI_OFF, mayDecodeBrotli } from "../../base/brotli.ts";
import { EgressError } from "./refusal.ts";
import { toEgressError } from "./transport.ts";

/** What the client asks servers to use, and nothing else it takes: an unknown coding could carry a secret past the redaction. */
export const ACCEPTED_ENCODINGS = mayDecodeBrotli() ? "gzip, deflate, br" : "gzip, deflate";
const KNOWN_CODINGS = ["zstd", "compress", "x-compress", "dcb", "dcz", "exi", "aes128gcm", "pack200-gzip"];
const MOST_CODINGS = 3;

/** Counts the bytes before and after decoding; either past the cap ends the body with EGRESS_RESPONSE_BODY. */
export async function* cappedBody(
  body: Readable,
  contentEncoding: string,
  cap: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let decoded: Readable = body;
  let seen = 0;
  try {
    decoded = decodeBody(body, contentEncoding, cap);
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

function decodeBody(body: Readable, contentEncoding: string, cap: number): Readable {
  const codings = contentEncoding
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length === 0) return body;
  if (codings.length > MOST_CODINGS) throw unknownCoding(contentEncoding);
  let source: Readable = body;
  for (const stage of [counter(cap), ...codings.reverse().map(decoder)]) source = pipeline(source, stage, () => {});
  return source;
}

function counter(cap: number): Duplex {
  let sent = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      sent += chunk.byteLength;
      if (sent > cap) done(tooLarge(cap));
      else done(null, chunk);
    },
  });
}

function tooLarge(cap: number): EgressError {
  return new EgressError("EGRESS_RESPONSE_BODY", `the response's body is over ${cap} bytes`);
}

function decoder(coding: string): Duplex {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      if (!mayDecodeBrotli()) throw new EgressError("EGRESS_ENCODING", BROTLI_OFF);
      return createBrotliDecompress();
    default:
      throw unknownCoding(coding);
  }
}

/** Names only what is a name: a part of something longer could be a part of a secret, which nobody would recognize. */
function unknownCoding(coding: string): EgressError {
  const known = KNOWN_CODINGS.includes(coding) ? `: ${coding}` : "";
  return new EgressError("EGRESS_ENCODING", `the response came in an encoding that was not asked for${known}`);
}

function zlibFault(error: unknown): EgressError | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !/^(Z_|ERR__?BROTLI|ERR_BROTLI)/.test(code)) return null;
  return new EgressError("EGRESS_ENCODING", `the response's body could not be decompressed: ${code}`, { cause: error });
}
