/**
 * Bundles by content, bounded by bytes, the least recently used given up first. What was compiled from files on disk is valid as long as
 * none of them has changed; what did not compile is kept as well, so that a broken action costs one compile.
 */
import { LRUCache } from "lru-cache";
import { createSlices } from "../../base/slices.ts";
import type { Compiled } from "../action.ts";
import { stampOf } from "./file-stamp.ts";
import type { FileStamp } from "./file-stamp.ts";

export type CachedEnd = { readonly compiled: Compiled } | { readonly tooLargeBytes: number; readonly hash: string };

interface Entry {
  readonly end: CachedEnd;
  readonly stamps: readonly FileStamp[];
  readonly bytes: number;
  readonly hash: string;
}

const ENTRY_BYTES = 1024;
/** Files that are looked at between two looks at the clock. */
const LOOKS = 32;

export class BundleCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #keyByHash = new Map<string, string>();

  constructor(limitBytes: number) {
    this.#entries = new LRUCache({
      maxSize: Math.max(1, limitBytes),
      sizeCalculation: ({ bytes }) => bytes,
      dispose: ({ hash }, key) => {
        if (this.#keyByHash.get(hash) === key) this.#keyByHash.delete(hash);
      },
    });
  }

  /** An action may import thousands of files: the event loop goes round while they are looked at. */
  async get(key: string): Promise<CachedEnd | null> {
    const entry = this.#entries.peek(key);
    if (entry === undefined) return null;
    const slices = createSlices();
    for (const [index, { path, stamp }] of entry.stamps.entries()) {
      if (stampOf(path) !== stamp) {
        if (this.#entries.peek(key) === entry) this.#entries.delete(key);
        return null;
      }
      if (index % LOOKS === LOOKS - 1) await slices.pause();
    }
    // Meanwhile another compile may have taken its place, or it was given up.
    if (this.#entries.peek(key) === entry) this.#entries.get(key);
    return entry.end;
  }

  /** An end that depends on no file, at once; null for any other. */
  peek(key: string): CachedEnd | null {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.stamps.length > 0 ? null : entry.end;
  }

  /** By the hash that a compile gave. The content is what was asked for, so files are not looked at. */
  getByHash(hash: string): CachedEnd | null {
    const key = this.#keyByHash.get(hash);
    return key === undefined ? null : (this.#entries.get(key)?.end ?? null);
  }

  set(key: string, end: CachedEnd, stamps: readonly FileStamp[]): void {
    const hash = "compiled" in end ? end.compiled.hash : end.hash;
    const bytes = ENTRY_BYTES + sizeOf(end) + stamps.reduce((sum, stamp) => sum + stamp.path.length + 64, 0);
    // An entry that is larger than the whole cache is not kept, and neither is the one that it would replace.
    this.#entries.set(key, { end, stamps, bytes, hash });
    if (this.#entries.has(key)) this.#keyByHash.set(hash, key);
  }
}

/** V8 keeps text in two bytes a character unless all of it is Latin-1. */
function sizeOf(end: CachedEnd): number {
  if (!("compiled" in end)) return 0;
  const { compiled } = end;
  if (compiled.ok) return 2 * (compiled.script.length + compiled.map.length + (compiled.positions?.length ?? 0));
  return 2 * JSON.stringify(compiled.diagnostics).length;
}
