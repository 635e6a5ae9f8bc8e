/** Bodies of requests and responses: what they are made of, and the ways to read one, once. */
import { joinBytes } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { multipartText, readMultipart } from "./multipart.ts";
import { extractMimeType } from "./mime.ts";
import { web } from "./web.ts";
import type { BlobLike, FormLike, Stream } from "./web.ts";

/** Bytes that are there, a blob, or a stream. */
export interface Content {
  readonly source: Bytes | BlobLike | null;
  stream: Stream | null;
  /** The content type that the kind of body brings along. */
  readonly type: string | null;
}

export function contentOf(body: unknown): Content | null {
  if (body === null || body === undefined) return null;
  const fromBytes = (source: Bytes, type: string | null): Content => ({ source, stream: null, type });
  if (ArrayBuffer.isView(body)) {
    return fromBytes(new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice() as Bytes, null);
  }
  if (Object.prototype.toString.call(body) === "[object ArrayBuffer]")
    return fromBytes(new Uint8Array((body as ArrayBuffer).slice(0)), null);
  if (body instanceof web.Blob) return { source: body, stream: null, type: body.type === "" ? null : body.type };
  if (body instanceof web.FormData) {
    const boundary = `----formdata-${web.crypto.randomUUID()}`;
    return {
      source: new web.Blob(multipartText(body, boundary)),
      stream: null,
      type: `multipart/form-data; boundary=${boundary}`,
    };
  }
  if (body instanceof web.URLSearchParams)
    return fromBytes(
      encode((body as { toString(): string }).toString()),
      "application/x-www-form-urlencoded;charset=UTF-8",
    );
  if (body instanceof web.ReadableStream) {
    if (body.locked) throw new TypeError("the body is a stream that is locked");
    return { source: null, stream: body, type: null };
  }
  if (typeof body === "object" && Symbol.asyncIterator in body) {
    return { source: null, stream: streamOf(body as AsyncIterable<unknown>), type: null };
  }
  return fromBytes(encode("".concat(body as string)), "text/plain;charset=UTF-8");
}

function streamOf(source: AsyncIterable<unknown>): Stream {
  const iterator = source[Symbol.asyncIterator]();
  return new web.ReadableStream(
    {
      type: "bytes",
      async pull(controller: ByteController) {
        let bytes: unknown;
        do {
          const { done, value } = await iterator.next();
          if (done) return closeBytes(controller);
          bytes = typeof value === "string" ? encode(value) : value;
          // A stream of bytes takes no chunk without any.
        } while (bytes instanceof Uint8Array && bytes.length === 0);
        controller.enqueue(bytes);
      },
      cancel: () => iterator.return?.(),
    },
    { highWaterMark: 0 },
  );
}

interface Closable {
  close(): void;
}

export interface ByteController extends Closable {
  readonly byobRequest: { respond(bytesWritten: number): void } | null;
  enqueue(chunk: unknown): void;
}

/** A reader that brought its own buffer waits until it is given back, too. */
export function closeBytes(controller: ByteController): void {
  controller.close();
  controller.byobRequest?.respond(0);
}

/** The mixin of `Request` and `Response`. */
export abstract class Body {
  #content: Content | null = null;
  #used = false;

  abstract get headers(): { get(name: string): string | null };

  get body(): Stream | null {
    const content = this.#content;
    if (content === null) return null;
    // What was read otherwise shows as a stream that was.
    content.stream ??= this.#used ? readStream() : lazyStream(content.source!);
    return content.stream;
  }
  get bodyUsed(): boolean {
    return this.#used || (this.#content?.stream != null && isDisturbed(this.#content.stream));
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#take()).buffer;
  }
  async bytes(): Promise<Bytes> {
    return this.#take();
  }
  textStream(): unknown {
    if (this.bodyUsed || this.body?.locked) throw new TypeError("Body is unusable: Body has already been read");
    const stream = this.body ?? new web.ReadableStream({ start: (controller: Closable) => controller.close() });
    return stream.pipeThrough(new web.TextDecoderStream());
  }
  async text(): Promise<string> {
    return decode(await this.#take());
  }
  async json(): Promise<unknown> {
    return JSON.parse(decode(await this.#take())) as unknown;
  }
  async blob(): Promise<BlobLike> {
    const type = extractMimeType(this.headers.get("content-type"));
    const blob = new web.Blob([await this.#take()]);
    // Here the standard keeps the type as it is written, which the constructor would not.
    return Object.defineProperty(blob, "type", { value: type === null ? "" : String(type), configurable: true });
  }
  async formData(): Promise<FormLike> {
    const type = extractMimeType(this.headers.get("content-type"));
    const bytes = await this.#take();
    const form = new web.FormData();
    if (type?.essence === "application/x-www-form-urlencoded") {
      for (const [name, value] of new web.URLSearchParams(decode(bytes))) form.append(name, value);
      return form;
    }
    const boundary = type?.essence === "multipart/form-data" ? type.parameters.get("boundary") : undefined;
    if (boundary === undefined) throw new TypeError("the body is no form");
    readMultipart(bytes, boundary, form);
    return form;
  }
  static give(body: Body, content: Content | null): void {
    body.#content = content;
  }
  static spend(body: Body): void {
    body.#used = true;
  }
  static readonly contentOf = (body: Body): Content | null => body.#content;
  static readonly take = (body: Body): Promise<Bytes> => body.#take();
  /** A second body with the same content; a stream is split in two. */
  static split(body: Body): Content | null {
    const content = body.#content;
    if (content === null) return null;
    if (body.bodyUsed || content.stream?.locked) throw new TypeError("the body was read already");
    if (content.stream === null) return { ...content };
    const [own, other] = content.stream.tee();
    content.stream = own;
    return { source: null, stream: other, type: content.type };
  }
  async #take(): Promise<Bytes> {
    if (this.bodyUsed || this.#content?.stream?.locked)
      throw new TypeError("Body is unusable: Body has already been read");
    const content = this.#content;
    if (content === null) return new Uint8Array();
    this.#used = true;
    if (content.stream) return readAll(content.stream);
    return content.source instanceof Uint8Array ? content.source.slice() : content.source!.bytes();
  }
}

export const giveContent = Body.give;
export const splitContent = Body.split;
export const spendBody = Body.spend;
export const contentIn = Body.contentOf;
export const takeBytes = Body.take;
for (const name of ["give", "split", "spend", "contentOf", "take"]) Reflect.deleteProperty(Body, name);

async function readAll(stream: Stream): Promise<Bytes> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (!(next.value instanceof Uint8Array)) throw new TypeError("a chunk of the body is no Uint8Array");
    chunks.push(next.value);
  }
  return joinBytes(chunks);
}

function readStream(): Stream {
  const stream = new web.ReadableStream({
    type: "bytes",
    start: (controller: Closable) => controller.close(),
  });
  stream.getReader();
  return stream;
}

/** Reading it marks it as disturbed. The body that it was made for may have a branch of it by then, after a clone. */
function lazyStream(source: Bytes | BlobLike): Stream {
  return new web.ReadableStream(
    {
      type: "bytes",
      async pull(controller: ByteController) {
        const bytes = source instanceof Uint8Array ? source.slice() : await source.bytes();
        if (bytes.length > 0) controller.enqueue(bytes);
        closeBytes(controller);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The polyfill keeps this in a field of its own. */
function isDisturbed(stream: Stream): boolean {
  return (stream as unknown as { _disturbed?: boolean })._disturbed === true;
}

export const encode = (text: string): Bytes => new web.TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new web.TextDecoder().decode(bytes);
