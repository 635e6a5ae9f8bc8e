/**
 * Declarations of the web platform's globals as an action has them, kept in one file however long it is: types of one platform name each other throughout,
 * and a package's `types` names one file. For projects that use neither TypeScript's "DOM" library nor Node's types:
 * `/// <reference types="baton-runtime/web-globals" />`. With either of the two, leave it out.
 */
export type ActionRequestInit = RequestInit;

type FormValue = FormDataEntryValue;

declare abstract class Body {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  formData(): Promise<FormData>;
  // oxlint-disable-next-line typescript/no-explicit-any -- as the DOM types it: what comes in is for the author to say
  json(): Promise<any>;
  text(): Promise<string>;
  textStream(): ReadableStream<string>;
}

declare global {
  interface ImportMeta {
    /** `file:///` and the file's name below the action's folder. */
    url: string;
    filename: string;
    dirname: string;
  }
  type BufferSource = ArrayBuffer | ArrayBufferView;
  type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;
  type BlobPart = string | BufferSource | Blob;
  type BodyInit =
    | string
    | BufferSource
    | Blob
    | FormData
    | URLSearchParams
    | ReadableStream<Uint8Array>
    | AsyncIterable<Uint8Array | string>;
  type RequestInfo = string | URL | Request;
  type FormDataEntryValue = string | File;
  type EventListener = (event: Event) => void;
  type EventListenerOrEventListenerObject = EventListener | { handleEvent(event: Event): void };
  type RequestRedirect = "follow" | "error" | "manual";
  type RequestCache = "default" | "no-store" | "reload" | "no-cache" | "force-cache" | "only-if-cached";
  type RequestCredentials = "omit" | "same-origin" | "include";
  type RequestMode = "same-origin" | "no-cors" | "cors";
  type RequestPriority = "high" | "low" | "auto";
  type ReferrerPolicy =
    | ""
    | "no-referrer"
    | "no-referrer-when-downgrade"
    | "same-origin"
    | "origin"
    | "strict-origin"
    | "origin-when-cross-origin"
    | "strict-origin-when-cross-origin"
    | "unsafe-url";
  type CompressionFormat = "gzip" | "deflate" | "deflate-raw" | "brotli";

  interface RequestInit {
    method?: string;
    headers?: HeadersInit;
    body?: BodyInit | null;
    redirect?: RequestRedirect;
    signal?: AbortSignal | null;
    duplex?: "half";
    /** What caches on the way are asked for; there is none here. */
    cache?: RequestCache;
    /** A digest of the body, such as "sha256-…": another body fails. */
    integrity?: string;
    /** What is sent as `referer`, as far as `referrerPolicy` lets it. */
    referrer?: string;
    referrerPolicy?: ReferrerPolicy;
    /** These are for pages: they are taken, and change nothing here. */
    credentials?: RequestCredentials;
    keepalive?: boolean;
    mode?: RequestMode;
    priority?: RequestPriority;
    window?: null;
  }
  interface ResponseInit {
    status?: number;
    statusText?: string;
    headers?: HeadersInit;
  }
  interface BlobPropertyBag {
    type?: string;
    endings?: "transparent" | "native";
  }
  interface FilePropertyBag extends BlobPropertyBag {
    lastModified?: number;
  }
  interface StreamPipeOptions {
    preventAbort?: boolean;
    preventCancel?: boolean;
    preventClose?: boolean;
    signal?: AbortSignal;
  }
  interface EventInit {
    bubbles?: boolean;
    cancelable?: boolean;
    composed?: boolean;
  }
  interface CustomEventInit<T = unknown> extends EventInit {
    detail?: T;
  }
  interface AddEventListenerOptions {
    capture?: boolean;
    once?: boolean;
    passive?: boolean;
    signal?: AbortSignal;
  }
  interface URLPatternInit {
    protocol?: string;
    username?: string;
    password?: string;
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

  type KeyUsage = "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" | "wrapKey" | "unwrapKey";
  interface Algorithm {
    name: string;
  }
  /** With the parameters that its name asks for, such as `hash`, `iv`, `salt`, `iterations` or `namedCurve`. */
  type AlgorithmIdentifier = string | (Algorithm & Readonly<Record<string, unknown>>);
  type NamedAlgorithm<Name extends string> = Name | { name: Name; readonly [parameter: string]: unknown };
  type BytesKeyFormat = "raw" | "raw-public" | "raw-secret" | "pkcs8" | "spki";
  interface CryptoKeyPair {
    readonly publicKey: CryptoKey;
    readonly privateKey: CryptoKey;
  }
  interface KeyAlgorithm {
    readonly name: string;
    readonly [parameter: string]: unknown;
  }
  interface JsonWebKey {
    kty?: string;
    alg?: string;
    crv?: string;
    d?: string;
    dp?: string;
    dq?: string;
    e?: string;
    ext?: boolean;
    k?: string;
    key_ops?: string[];
    n?: string;
    p?: string;
    q?: string;
    qi?: string;
    use?: string;
    x?: string;
    y?: string;
  }
  class CryptoKey {
    private constructor();
    readonly type: "secret" | "private" | "public";
    readonly extractable: boolean;
    readonly algorithm: KeyAlgorithm;
    readonly usages: KeyUsage[];
  }
  class SubtleCrypto {
    private constructor();
    digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer>;
    sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
    verify(
      algorithm: AlgorithmIdentifier,
      key: CryptoKey,
      signature: BufferSource,
      data: BufferSource,
    ): Promise<boolean>;
    encrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
    decrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
    deriveBits(algorithm: AlgorithmIdentifier, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
    deriveKey(
      algorithm: AlgorithmIdentifier,
      key: CryptoKey,
      derived: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
    generateKey(
      algorithm: NamedAlgorithm<"ECDSA" | "ECDH" | "Ed25519" | "X25519" | "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "RSA-OAEP">,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKeyPair>;
    generateKey(
      algorithm: NamedAlgorithm<"HMAC" | "AES-GCM" | "AES-CBC" | "AES-CTR" | "AES-KW">,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
    generateKey(
      algorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey | CryptoKeyPair>;
    importKey(
      format: "jwk",
      key: JsonWebKey,
      algorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
    importKey(
      format: BytesKeyFormat,
      key: BufferSource,
      algorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
    exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
    exportKey(format: BytesKeyFormat, key: CryptoKey): Promise<ArrayBuffer>;
    wrapKey(
      format: "jwk" | BytesKeyFormat,
      key: CryptoKey,
      wrappingKey: CryptoKey,
      algorithm: AlgorithmIdentifier,
    ): Promise<ArrayBuffer>;
    unwrapKey(
      format: "jwk" | BytesKeyFormat,
      wrapped: BufferSource,
      unwrappingKey: CryptoKey,
      algorithm: AlgorithmIdentifier,
      unwrappedAlgorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
  }
  class Crypto {
    private constructor();
    readonly subtle: SubtleCrypto;
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  }
  class Navigator {
    private constructor();
    readonly userAgent: string;
  }

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
    forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void;
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
    readonly redirect: RequestRedirect;
    readonly signal: AbortSignal;
    readonly cache: RequestCache;
    readonly credentials: RequestCredentials;
    readonly destination: string;
    readonly duplex: "half";
    readonly integrity: string;
    readonly isHistoryNavigation: boolean;
    readonly isReloadNavigation: boolean;
    readonly keepalive: boolean;
    readonly mode: RequestMode;
    readonly referrer: string;
    readonly referrerPolicy: ReferrerPolicy;
    clone(): Request;
  }
  class Response extends Body {
    constructor(body?: BodyInit | null, init?: ResponseInit);
    static error(): Response;
    static json(data: unknown, init?: ResponseInit): Response;
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
    textStream(): ReadableStream<string>;
  }
  class File extends Blob {
    constructor(
      parts: Iterable<string | BufferSource | Blob>,
      name: string,
      options?: { type?: string; lastModified?: number },
    );
    readonly name: string;
    readonly lastModified: number;
    readonly webkitRelativePath: string;
  }
  class FormData {
    append(name: string, value: string | Blob, filename?: string): void;
    delete(name: string): void;
    get(name: string): FormValue | null;
    getAll(name: string): FormValue[];
    has(name: string): boolean;
    set(name: string, value: string | Blob, filename?: string): void;
    forEach(callback: (value: FormValue, name: string, form: FormData) => void, thisArg?: unknown): void;
    entries(): IterableIterator<[string, FormValue]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<FormValue>;
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
    toString(): string;
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
    toString(): string;
    forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void;
    entries(): IterableIterator<[string, string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
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
    constructor(type: string, options?: EventInit);
    static readonly NONE: 0;
    static readonly CAPTURING_PHASE: 1;
    static readonly AT_TARGET: 2;
    static readonly BUBBLING_PHASE: 3;
    readonly NONE: 0;
    readonly CAPTURING_PHASE: 1;
    readonly AT_TARGET: 2;
    readonly BUBBLING_PHASE: 3;
    readonly type: string;
    readonly target: EventTarget | null;
    readonly srcElement: EventTarget | null;
    readonly currentTarget: EventTarget | null;
    readonly eventPhase: number;
    readonly bubbles: boolean;
    readonly cancelable: boolean;
    readonly composed: boolean;
    readonly defaultPrevented: boolean;
    returnValue: boolean;
    readonly isTrusted: boolean;
    readonly timeStamp: number;
    cancelBubble: boolean;
    composedPath(): EventTarget[];
    preventDefault(): void;
    stopPropagation(): void;
    stopImmediatePropagation(): void;
  }
  class CustomEvent<T = unknown> extends Event {
    constructor(type: string, options?: CustomEventInit<T>);
    readonly detail: T;
  }
  class EventTarget {
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | { capture?: boolean },
    ): void;
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
    onabort: ((this: AbortSignal, event: Event) => unknown) | null;
    throwIfAborted(): void;
  }
  class DOMException extends Error {
    constructor(message?: string, name?: string | { name?: string; cause?: unknown });
    readonly name: string;
    readonly code: number;
  }
  interface QueuingStrategy<T = unknown> {
    highWaterMark?: number;
    size?(chunk: T): number;
  }
  class CountQueuingStrategy {
    constructor(options: { highWaterMark: number });
    readonly highWaterMark: number;
    readonly size: (chunk?: unknown) => 1;
  }
  class ByteLengthQueuingStrategy {
    constructor(options: { highWaterMark: number });
    readonly highWaterMark: number;
    readonly size: (chunk: ArrayBufferView) => number;
  }
  class ReadableStreamDefaultController<T = unknown> {
    private constructor();
    readonly desiredSize: number | null;
    enqueue(chunk: T): void;
    close(): void;
    error(reason?: unknown): void;
  }
  class ReadableByteStreamController {
    private constructor();
    readonly byobRequest: ReadableStreamBYOBRequest | null;
    readonly desiredSize: number | null;
    enqueue(chunk: ArrayBufferView): void;
    close(): void;
    error(reason?: unknown): void;
  }
  class ReadableStreamBYOBRequest {
    private constructor();
    readonly view: ArrayBufferView | null;
    respond(bytesWritten: number): void;
    respondWithNewView(view: ArrayBufferView): void;
  }
  type ReadResult<T> = { done: false; value: T } | { done: true; value: undefined };
  class ReadableStreamDefaultReader<T = unknown> {
    constructor(stream: ReadableStream<T>);
    readonly closed: Promise<void>;
    read(): Promise<ReadResult<T>>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  }
  class ReadableStreamBYOBReader {
    constructor(stream: ReadableStream<Uint8Array>);
    readonly closed: Promise<void>;
    read<V extends ArrayBufferView>(
      view: V,
      options?: { min?: number },
    ): Promise<{ done: false; value: V } | { done: true; value: V | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  }
  class ReadableStream<T = unknown> {
    constructor(
      source: {
        type: "bytes";
        autoAllocateChunkSize?: number;
        start?(controller: ReadableByteStreamController): unknown;
        pull?(controller: ReadableByteStreamController): unknown;
        cancel?(reason: unknown): unknown;
      },
      strategy?: { highWaterMark?: number },
    );
    constructor(
      source?: {
        type?: undefined;
        start?(controller: ReadableStreamDefaultController<T>): unknown;
        pull?(controller: ReadableStreamDefaultController<T>): unknown;
        cancel?(reason: unknown): unknown;
      },
      strategy?: QueuingStrategy<T>,
    );
    static from<T>(source: Iterable<T> | AsyncIterable<T>): ReadableStream<T>;
    readonly locked: boolean;
    cancel(reason?: unknown): Promise<void>;
    getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
    getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader<T>;
    pipeThrough<U>(
      pair: { readable: ReadableStream<U>; writable: object },
      options?: StreamPipeOptions,
    ): ReadableStream<U>;
    pipeTo(target: WritableStream<T>, options?: StreamPipeOptions): Promise<void>;
    tee(): [ReadableStream<T>, ReadableStream<T>];
    values(options?: { preventCancel?: boolean }): AsyncIterableIterator<T>;
    [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIterableIterator<T>;
  }
  class WritableStreamDefaultController {
    private constructor();
    readonly signal: AbortSignal;
    /** Kept from an older draft of the standard. */
    readonly abortReason: unknown;
    error(reason?: unknown): void;
  }
  class WritableStreamDefaultWriter<T = unknown> {
    constructor(stream: WritableStream<T>);
    readonly ready: Promise<void>;
    readonly closed: Promise<void>;
    readonly desiredSize: number | null;
    write(chunk: T): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
    releaseLock(): void;
  }
  class WritableStream<T = unknown> {
    constructor(
      sink?: {
        start?(controller: WritableStreamDefaultController): unknown;
        write?(chunk: T, controller: WritableStreamDefaultController): unknown;
        close?(): unknown;
        abort?(reason: unknown): unknown;
      },
      strategy?: QueuingStrategy<T>,
    );
    readonly locked: boolean;
    abort(reason?: unknown): Promise<void>;
    close(): Promise<void>;
    getWriter(): WritableStreamDefaultWriter<T>;
  }
  class TransformStreamDefaultController<U = unknown> {
    private constructor();
    readonly desiredSize: number | null;
    enqueue(chunk: U): void;
    error(reason?: unknown): void;
    terminate(): void;
  }
  class TransformStream<T = unknown, U = unknown> {
    constructor(
      transformer?: {
        start?(controller: TransformStreamDefaultController<U>): unknown;
        transform?(chunk: T, controller: TransformStreamDefaultController<U>): unknown;
        flush?(controller: TransformStreamDefaultController<U>): unknown;
        cancel?(reason: unknown): unknown;
      },
      writable?: QueuingStrategy<T>,
      readable?: QueuingStrategy<U>,
    );
    readonly readable: ReadableStream<U>;
    readonly writable: WritableStream<T>;
  }
  class TextEncoderStream {
    readonly encoding: string;
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<string>;
  }
  class TextDecoderStream {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
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
    readonly username: string;
    readonly password: string;
    readonly hasRegExpGroups: boolean;
    readonly hostname: string;
    readonly port: string;
    readonly pathname: string;
    readonly search: string;
    readonly hash: string;
    test(input?: string | URLPatternInit, base?: string): boolean;
    exec(input?: string | URLPatternInit, base?: string): URLPatternResult | null;
  }

  const navigator: Navigator;
  function reportError(error: unknown): void;

  const performance: { now(): number; readonly timeOrigin: number; toJSON(): object };
  const crypto: Crypto;
  const console: {
    debug(...values: unknown[]): void;
    log(...values: unknown[]): void;
    info(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
    trace(...values: unknown[]): void;
    assert(...values: unknown[]): void;
    dir(...values: unknown[]): void;
    dirxml(...values: unknown[]): void;
    table(...values: unknown[]): void;
    group(...values: unknown[]): void;
    groupCollapsed(...values: unknown[]): void;
    groupEnd(...values: unknown[]): void;
    count(...values: unknown[]): void;
    countReset(...values: unknown[]): void;
    time(...values: unknown[]): void;
    timeLog(...values: unknown[]): void;
    timeEnd(...values: unknown[]): void;
    clear(...values: unknown[]): void;
  };
}
