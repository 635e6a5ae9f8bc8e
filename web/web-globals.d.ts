/**
 * The web platform's globals as an action has them, for projects that use neither TypeScript's "DOM" library nor Node's types:
 * `/// <reference types="baton-runtime/web-globals" />`. With either of the two, leave it out.
 */
export type ActionRequestInit = RequestInit;

type BufferSource = ArrayBuffer | ArrayBufferView;
type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;
type BodyInit = string | BufferSource | Blob | FormData | URLSearchParams | ReadableStream<Uint8Array>;
type FormValue = string | File;

interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  redirect?: "follow" | "error" | "manual";
  signal?: AbortSignal | null;
  duplex?: "half";
}

declare abstract class Body {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  formData(): Promise<FormData>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

interface URLPatternInit {
  protocol?: string;
  hostname?: string;
  port?: string;
  pathname?: string;
  search?: string;
  hash?: string;
  baseURL?: string;
}
interface URLPatternPart {
  readonly input: string;
  readonly groups: Readonly<Record<string, string | undefined>>;
}
type URLPatternResult = Readonly<Record<Exclude<keyof URLPatternInit, "baseURL">, URLPatternPart>>;

declare global {
  function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  function atob(data: string): string;
  function btoa(data: string): string;
  function structuredClone<T>(value: T, options?: { transfer?: readonly ArrayBuffer[] }): T;
  function queueMicrotask(callback: () => void): void;
  function setTimeout(callback: (...parts: never[]) => void, delay?: number, ...parts: unknown[]): number;
  function setInterval(callback: (...parts: never[]) => void, delay?: number, ...parts: unknown[]): number;
  function clearTimeout(id?: number): void;
  function clearInterval(id?: number): void;

  class Headers {
    constructor(init?: HeadersInit);
    append(name: string, value: string): void;
    delete(name: string): void;
    get(name: string): string | null;
    getSetCookie(): string[];
    has(name: string): boolean;
    set(name: string, value: string): void;
    forEach(callback: (value: string, name: string, headers: Headers) => void): void;
    entries(): IterableIterator<[string, string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
  class Request extends Body {
    constructor(input: string | URL | Request, init?: RequestInit);
    readonly url: string;
    readonly method: string;
    readonly headers: Headers;
    readonly redirect: "follow" | "error" | "manual";
    readonly signal: AbortSignal;
    clone(): Request;
  }
  class Response extends Body {
    constructor(body?: BodyInit | null, init?: { status?: number; statusText?: string; headers?: HeadersInit });
    static error(): Response;
    static json(data: unknown, init?: { status?: number; statusText?: string; headers?: HeadersInit }): Response;
    static redirect(url: string | URL, status?: number): Response;
    readonly status: number;
    readonly statusText: string;
    readonly ok: boolean;
    readonly url: string;
    readonly redirected: boolean;
    readonly type: string;
    readonly headers: Headers;
    clone(): Response;
  }
  class Blob {
    constructor(
      parts?: Iterable<string | BufferSource | Blob>,
      options?: { type?: string; endings?: "transparent" | "native" },
    );
    readonly size: number;
    readonly type: string;
    arrayBuffer(): Promise<ArrayBuffer>;
    bytes(): Promise<Uint8Array>;
    slice(start?: number, end?: number, type?: string): Blob;
    stream(): ReadableStream<Uint8Array>;
    text(): Promise<string>;
  }
  class File extends Blob {
    constructor(
      parts: Iterable<string | BufferSource | Blob>,
      name: string,
      options?: { type?: string; lastModified?: number },
    );
    readonly name: string;
    readonly lastModified: number;
  }
  class FormData {
    append(name: string, value: string | Blob, filename?: string): void;
    delete(name: string): void;
    get(name: string): FormValue | null;
    getAll(name: string): FormValue[];
    has(name: string): boolean;
    set(name: string, value: string | Blob, filename?: string): void;
    [Symbol.iterator](): IterableIterator<[string, FormValue]>;
  }
  class URL {
    constructor(url: string | URL, base?: string | URL);
    static canParse(url: string | URL, base?: string | URL): boolean;
    static parse(url: string | URL, base?: string | URL): URL | null;
    href: string;
    readonly origin: string;
    protocol: string;
    username: string;
    password: string;
    host: string;
    hostname: string;
    port: string;
    pathname: string;
    search: string;
    readonly searchParams: URLSearchParams;
    hash: string;
    toJSON(): string;
  }
  class URLSearchParams {
    constructor(
      init?: string | URLSearchParams | Iterable<readonly [string, string]> | Readonly<Record<string, string>>,
    );
    readonly size: number;
    append(name: string, value: string): void;
    delete(name: string, value?: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string, value?: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
  class TextEncoder {
    readonly encoding: string;
    encode(text?: string): Uint8Array;
    encodeInto(text: string, out: Uint8Array): { read: number; written: number };
  }
  class TextDecoder {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(input?: BufferSource, options?: { stream?: boolean }): string;
  }
  class Event {
    constructor(type: string, options?: { bubbles?: boolean; cancelable?: boolean });
    readonly type: string;
    readonly target: EventTarget | null;
    readonly defaultPrevented: boolean;
    preventDefault(): void;
    stopImmediatePropagation(): void;
  }
  class CustomEvent<T = unknown> extends Event {
    constructor(type: string, options?: { detail?: T; cancelable?: boolean });
    readonly detail: T;
  }
  class EventTarget {
    addEventListener(
      type: string,
      listener: (event: Event) => void,
      options?: { once?: boolean; signal?: AbortSignal },
    ): void;
    removeEventListener(type: string, listener: (event: Event) => void): void;
    dispatchEvent(event: Event): boolean;
  }
  class AbortController {
    readonly signal: AbortSignal;
    abort(reason?: unknown): void;
  }
  class AbortSignal extends EventTarget {
    private constructor();
    static abort(reason?: unknown): AbortSignal;
    static any(signals: Iterable<AbortSignal>): AbortSignal;
    static timeout(ms: number): AbortSignal;
    readonly aborted: boolean;
    readonly reason: unknown;
    throwIfAborted(): void;
  }
  class DOMException extends Error {
    constructor(message?: string, name?: string);
    readonly code: number;
  }
  class ReadableStream<T = unknown> {
    constructor(source?: {
      start?(controller: { enqueue(chunk: T): void; close(): void; error(reason: unknown): void }): unknown;
      pull?(controller: { enqueue(chunk: T): void; close(): void; error(reason: unknown): void }): unknown;
      cancel?(reason: unknown): unknown;
    });
    readonly locked: boolean;
    cancel(reason?: unknown): Promise<void>;
    getReader(): {
      read(): Promise<{ done: false; value: T } | { done: true; value: undefined }>;
      cancel(reason?: unknown): Promise<void>;
      releaseLock(): void;
    };
    pipeThrough<U>(pair: { readable: ReadableStream<U>; writable: object }): ReadableStream<U>;
    tee(): [ReadableStream<T>, ReadableStream<T>];
    [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  }
  class WritableStream<T = unknown> {
    constructor(sink?: {
      start?(controller: { error(reason: unknown): void }): unknown;
      write?(chunk: T): unknown;
      close?(): unknown;
      abort?(reason: unknown): unknown;
    });
    readonly locked: boolean;
    abort(reason?: unknown): Promise<void>;
    close(): Promise<void>;
    getWriter(): {
      readonly ready: Promise<void>;
      readonly closed: Promise<void>;
      write(chunk: T): Promise<void>;
      close(): Promise<void>;
      abort(reason?: unknown): Promise<void>;
      releaseLock(): void;
    };
  }
  class TransformStream<T = unknown, U = unknown> {
    constructor(transformer?: {
      start?(controller: { enqueue(chunk: U): void; error(reason: unknown): void }): unknown;
      transform?(
        chunk: T,
        controller: { enqueue(chunk: U): void; error(reason: unknown): void; terminate(): void },
      ): unknown;
      flush?(controller: { enqueue(chunk: U): void; error(reason: unknown): void }): unknown;
    });
    readonly readable: ReadableStream<U>;
    readonly writable: WritableStream<T>;
  }
  class TextEncoderStream {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<string>;
  }
  class TextDecoderStream {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly readable: ReadableStream<string>;
    readonly writable: WritableStream<BufferSource>;
  }
  class CompressionStream {
    constructor(format: "gzip" | "deflate" | "deflate-raw" | "brotli");
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<BufferSource>;
  }
  class DecompressionStream {
    constructor(format: "gzip" | "deflate" | "deflate-raw" | "brotli");
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<BufferSource>;
  }
  class URLPattern {
    constructor(input?: string | URLPatternInit, base?: string);
    readonly protocol: string;
    readonly hostname: string;
    readonly port: string;
    readonly pathname: string;
    readonly search: string;
    readonly hash: string;
    test(input?: string | URLPatternInit, base?: string): boolean;
    exec(input?: string | URLPatternInit, base?: string): URLPatternResult | null;
  }

  const navigator: { readonly userAgent: string };
  function reportError(error: unknown): void;

  const performance: { now(): number; readonly timeOrigin: number };
  const crypto: {
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): string;
    /** As in browsers; its keys and algorithms are not typed here. */
    readonly subtle: Readonly<Record<string, (...parts: unknown[]) => Promise<unknown>>>;
  };
  const console: Readonly<
    Record<
      | "debug"
      | "log"
      | "info"
      | "warn"
      | "error"
      | "trace"
      | "assert"
      | "dir"
      | "table"
      | "group"
      | "count"
      | "time"
      | "timeEnd",
      (...values: unknown[]) => void
    > & { groupEnd(): void }
  >;
}
