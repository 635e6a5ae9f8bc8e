/** `Blob`, `File` and `FormData`. A blob is bytes in memory, never a reference to anything outside. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import type { Use } from "../install.ts";
import { decodeText, encodeText, joinBytes, viewOf } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { createFormData } from "../form-data.ts";
import { shaped, toDictionary, toEnum, toText, toWellFormed } from "../idl.ts";
import { showFields } from "../shown.ts";

type StreamClass = new (source: object) => object;

// oxlint-disable-next-line eslint/max-lines-per-function -- a class and its parts; each method is short
export default function blob(bridge: Bridge, use: Use): Record<string, unknown> {
  class Blob {
    readonly #bytes: Bytes;
    readonly #type: string;

    constructor(parts: unknown = [], given?: unknown) {
      if (typeof parts !== "object" || parts === null || !(Symbol.iterator in parts)) {
        throw new TypeError("the parts of a Blob must be iterable");
      }
      const { endings: lines = "transparent", type = "" } = toDictionary(given, "the options of a Blob");
      const endings = toEnum(lines, ["transparent", "native"], "endings");
      const chunks = Array.from(parts as Iterable<unknown>, (part) => {
        if (isBlob(part)) return part.#bytes;
        const view = viewOf(part);
        if (view) return view;
        const text = toText(part);
        return encodeText(endings === "native" ? text.replace(/\r\n|\r/g, "\n") : text);
      });
      this.#bytes = joinBytes(chunks);
      this.#type = normalizeType(type);
    }
    get size(): number {
      return this.#bytes.length;
    }
    get type(): string {
      return this.#type;
    }
    slice(start?: unknown, end?: unknown, type: unknown = ""): Blob {
      const size = this.#bytes.length;
      return new Blob([this.#bytes.subarray(clamp(start, 0, size), clamp(end, size, size))], { type });
    }
    async arrayBuffer(): Promise<ArrayBuffer> {
      return this.#bytes.slice().buffer;
    }
    async bytes(): Promise<Uint8Array> {
      return this.#bytes.slice();
    }
    async text(): Promise<string> {
      return decodeText(bridge, this.#bytes);
    }
    stream(): object {
      const bytes = this.#bytes;
      return new (use("streams")["ReadableStream"] as StreamClass)({
        type: "bytes",
        start(controller: { enqueue(chunk: Uint8Array): void; close(): void }) {
          if (bytes.length > 0) controller.enqueue(bytes.slice());
          controller.close();
        },
      });
    }
    textStream(): object {
      return textOf(use, this.stream());
    }
    static typeOf(blob: Blob): string {
      return blob.#type;
    }
    static is(value: unknown): value is Blob {
      return typeof value === "object" && value !== null && #bytes in value;
    }
    get [Symbol.toStringTag](): string {
      return "Blob";
    }
  }
  const { is: isBlob, typeOf } = Blob;
  Reflect.deleteProperty(Blob, "is");
  Reflect.deleteProperty(Blob, "typeOf");

  showFields(Blob, "Blob", ({ size, type }) => ({ size, type }));
  const { File, isFile } = createFile(Blob);

  /** What `structuredClone` makes of one; null for anything else. */
  const copyBlob = (value: unknown): object | null => {
    if (!isBlob(value)) return null;
    const type = typeOf(value);
    return isFile(value)
      ? new File([value], value.name, { type, lastModified: value.lastModified })
      : new Blob([value], { type });
  };
  const classes = { Blob, File, FormData: createFormData({ isBlob, File }) };
  const lengths = {
    Blob: 0,
    File: 2,
    FormData: 0,
    "Blob.slice": 0,
    "FormData.append": 2,
    "FormData.set": 2,
    "FormData.forEach": 1,
  };
  return { ...shaped(classes, lengths), copyBlob };
}

type BlobClass = new (parts: unknown, given?: unknown) => { readonly size: number; readonly type: string };

function createFile(Blob: BlobClass) {
  class File extends Blob {
    readonly #name: string;
    readonly #lastModified: number;
    constructor(parts: unknown, name: unknown, given?: unknown) {
      if (arguments.length < 2) throw new TypeError("a File needs its parts and a name");
      super(parts, given);
      this.#name = toWellFormed(name);
      const { lastModified } = toDictionary(given, "the options of a File");
      this.#lastModified = lastModified === undefined ? Date.now() : Math.trunc(lastModified as number) || 0;
    }
    get name(): string {
      return this.#name;
    }
    get lastModified(): number {
      return this.#lastModified;
    }
    get webkitRelativePath(): string {
      return "";
    }
    static isFile(value: object): value is File {
      return #name in value;
    }
    get [Symbol.toStringTag](): string {
      return "File";
    }
  }
  const { isFile } = File;
  Reflect.deleteProperty(File, "isFile");
  showFields(File, "File", ({ size, type, name, lastModified }) => ({ size, type, name, lastModified }));
  return { File, isFile };
}

function textOf(use: Use, stream: object): object {
  const { TextDecoderStream } = use("streams") as { TextDecoderStream: new () => object };
  return (stream as { pipeThrough(pair: object): object }).pipeThrough(new TextDecoderStream());
}

function normalizeType(value: unknown): string {
  const type = toText(value);
  return /^[\u0020-\u007e]*$/.test(type) ? type.toLowerCase() : "";
}

function clamp(value: unknown, otherwise: number, size: number): number {
  if (value === undefined) return otherwise;
  const at = Math.trunc(value as number) || 0;
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}
