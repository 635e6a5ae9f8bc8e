/** Globals of the fetch part: what the fetch part uses of the isolate's other globals; it takes them as they are when it is first used. */
export interface WebGlobals {
  readonly URL: new (input: unknown, base?: unknown) => Readonly<Record<UrlPart, string>>;
  readonly URLSearchParams: new (init?: unknown) => Iterable<[string, string]>;
  readonly AbortSignal: new () => Signal;
  readonly AbortController: new () => { readonly signal: Signal; abort(reason?: unknown): void };
  readonly DOMException: new (message: string, name: string) => Error;
  readonly ReadableStream: new (source: object, strategy?: object) => Stream;
  readonly Blob: new (parts: readonly unknown[], options?: object) => BlobLike;
  readonly File: new (
    parts: readonly unknown[],
    name: string,
    options?: object,
  ) => BlobLike & { readonly name: string };
  readonly FormData: new () => FormLike;
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string };
  readonly TextDecoderStream: new () => object;
  readonly TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
  readonly crypto: {
    randomUUID(): string;
    readonly subtle: { digest(name: string, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> };
  };
  readonly btoa: (text: string) => string;
}

type UrlPart = "href" | "origin" | "protocol" | "username" | "password" | "hostname" | "pathname" | "search";

export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once: boolean }): void;
}

export interface Stream {
  readonly locked: boolean;
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }>; cancel(reason?: unknown): Promise<void> };
  pipeThrough(pair: object): unknown;
  tee(): [Stream, Stream];
  cancel(reason?: unknown): Promise<void>;
}

export interface BlobLike {
  readonly size: number;
  readonly type: string;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  stream(): Stream;
}

export interface FormLike extends Iterable<[string, string | (BlobLike & { readonly name: string })]> {
  append(name: string, value: unknown, filename?: string): void;
}

export const web = globalThis as unknown as WebGlobals;
