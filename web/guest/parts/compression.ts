/**
 * `CompressionStream` and `DecompressionStream`. What is written is kept until the end and made into the other form in one go, by the worker's
 * zlib and under its caps.
 */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { joinBytes, viewOf } from "../bytes.ts";
import { shaped, toEnum, toText } from "../idl.ts";
import { showFields } from "../shown.ts";
import type { Use } from "../install.ts";

const FORMATS = ["gzip", "deflate", "deflate-raw", "brotli"] as const;
/** The worker takes no more; there is no use in keeping it. */
const MAX_IN = 8 * 1024 * 1024;

interface Controller {
  enqueue(chunk: Uint8Array): void;
}
type Transform = { readonly readable: object; readonly writable: object };
type TransformClass = new (transformer: {
  transform(chunk: unknown): void;
  flush(controller: Controller): void;
}) => Transform;

export default function compression(bridge: Bridge, use: Use): Record<string, unknown> {
  const TransformStream = use("streams")["TransformStream"] as TransformClass;

  const transformBy = (name: string, given: unknown): Transform => {
    const format = toEnum(given, FORMATS, "the format");
    const chunks: Uint8Array[] = [];
    let size = 0;
    return new TransformStream({
      transform(chunk) {
        const view = viewOf(chunk);
        if (view === null) throw new TypeError("a chunk must be an ArrayBuffer or a view on one");
        size += view.length;
        if (size > MAX_IN)
          throw Object.assign(new RangeError(`more than ${MAX_IN} bytes to compress or decompress`), {
            code: "COMPRESSION_TOO_LARGE",
          });
        chunks.push(view.slice());
      },
      flush(controller) {
        const { bytes } = bridge.callWorker(name, JSON.stringify(format), joinBytes(chunks));
        if (bytes !== undefined && bytes.length > 0) controller.enqueue(bytes);
      },
    });
  };

  class CompressionStream {
    readonly #transform: Transform;
    constructor(format: unknown) {
      this.#transform = transformBy("zlib.compress", format);
    }
    get readable(): object {
      return this.#transform.readable;
    }
    get writable(): object {
      return this.#transform.writable;
    }
    get [Symbol.toStringTag](): string {
      return "CompressionStream";
    }
  }

  class DecompressionStream {
    readonly #transform: Transform;
    constructor(format: unknown) {
      const name = toText(format);
      // An old decoder is not used: the format is then unknown, as it is in browsers that lack it.
      if (name === "brotli") bridge.callWorker("zlib.readable", JSON.stringify(name));
      this.#transform = transformBy("zlib.decompress", name);
    }
    get readable(): object {
      return this.#transform.readable;
    }
    get writable(): object {
      return this.#transform.writable;
    }
    get [Symbol.toStringTag](): string {
      return "DecompressionStream";
    }
  }
  for (const coder of [CompressionStream, DecompressionStream])
    showFields<Transform>(coder, coder.name, ({ readable, writable }) => ({ readable, writable }));
  return shaped({ CompressionStream, DecompressionStream });
}
