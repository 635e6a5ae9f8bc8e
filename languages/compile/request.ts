/** Requests on the channel to a compile process: a length, then the request as V8 writes values down. Nothing of it comes from the process itself. */
import { deserialize, serialize } from "node:v8";
import type { CompileRequest } from "./messages.ts";

const LENGTH_BYTES = 4;

export function encodeRequest(request: CompileRequest): Buffer {
  const body = serialize(request);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

/** Of one request at a time. */
export class RequestReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #length: number | null = null;

  /** Null until all of it has come. */
  read(chunk: Buffer): CompileRequest | null {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#length === null && this.#bytes >= LENGTH_BYTES) {
      this.#chunks = [Buffer.concat(this.#chunks)];
      this.#length = this.#chunks[0]!.readUInt32LE();
    }
    if (this.#length === null || this.#bytes < LENGTH_BYTES + this.#length) return null;
    const body = Buffer.concat(this.#chunks).subarray(LENGTH_BYTES);
    this.#chunks = [];
    this.#bytes = 0;
    this.#length = null;
    return deserialize(body) as CompileRequest;
  }
}
