/** `Blob`, `File` and `FormData`. A blob is bytes in memory, never a reference to anything outside. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import type { Use } from "../install.ts";
import { decodeText, encodeText, joinBytes, viewOf } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import { createFormData } from "../form-data.ts";
import { showFields } from "../shown.ts";

type StreamClass = new (source: object) => object;

export default function blob(bridge: Bridge, use: Use): Record<string, unknown> {
  class Blob {
    readonly #bytes: Bytes;
    readonly #type: string;

    constructor(parts: unknown = [], options: { type?: unknown; endings?: unknown } = {}) {
      if (typeof parts !== "object" || parts === null || !(Symbol.iterator in parts)) {
        throw new TypeError("the parts of a Blob must be iterable");
      }
      const endings = `${(options.endings as string | undefined) ?? "transparent"}`;
      if (endings !== "transparent" && endings !== "native")
        throw new TypeError("endings must be transparent or native");
      const chunks = Array.from(parts as Iterable<unknown>, (part) => {
        if (isBlob(part)) return part.#bytes;
        const view = viewOf(part);
        if (view) return view;
        const text = String(part);
        return encodeText(endings === "native" ? text.replace(/\r\n|\r/g, "\n") : text);
      });
      this.#bytes = joinBytes(chunks);
      this.#type = normalizeType(options.type ?? "");
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

  class File extends Blob {
    readonly #name: string;
    readonly #lastModified: number;
    constructor(parts: unknown, name: unknown, options: { type?: unknown; lastModified?: unknown } = {}) {
      if (arguments.length < 2) throw new TypeError("a File needs its parts and a name");
      super(parts, options);
      this.#name = String(name).toWellFormed();
      this.#lastModified =
        options.lastModified === undefined ? Date.now() : Math.trunc(Number(options.lastModified)) || 0;
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
    override get [Symbol.toStringTag](): string {
      return "File";
    }
  }
  showFields(Blob, "Blob", ({ size, type }) => ({ size, type }));
  showFields(File, "File", ({ size, type, name, lastModified }) => ({ size, type, name, lastModified }));
  const { isFile } = File;
  Reflect.deleteProperty(File, "isFile");

  /** What `structuredClone` makes of one; null for anything else. */
  const copyBlob = (value: unknown): object | null => {
    if (!isBlob(value)) return null;
    const type = typeOf(value);
    return isFile(value)
      ? new File([value], value.name, { type, lastModified: value.lastModified })
      : new Blob([value], { type });
  };
  return { Blob, File, FormData: createFormData({ isBlob, File }), copyBlob };
}

function normalizeType(value: unknown): string {
  const type = String(value);
  return /^[\u0020-\u007e]*$/.test(type) ? type.toLowerCase() : "";
}

function clamp(value: unknown, otherwise: number, size: number): number {
  if (value === undefined) return otherwise;
  const at = Math.trunc(Number(value)) || 0;
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}
