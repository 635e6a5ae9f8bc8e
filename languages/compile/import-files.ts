/**
 * The only hands of the compile process on the disk: looks for files, follows links to the real path, reads with a cap, and
 * remembers a stamp of everything it was asked for, so that a cached bundle notices a change.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { inside } from "./inside.ts";
import { stampText } from "./file-stamp.ts";
import type { FileStamp } from "./file-stamp.ts";

/** All files together: past this a compile would rather starve the machine than end. */
const TOTAL_BYTES = 64 * 1024 * 1024;

interface FileProblem {
  readonly problem: string;
  readonly code: string;
}

export type FileText = { readonly text: string } | FileProblem;

export class ImportFiles {
  readonly #stamps = new Map<string, string | null>();
  readonly #contents = new Map<string, string>();
  #total = 0;

  /** The real path of a regular file, or null. */
  /**
   * Whether a symbolic link on the way to `path`, which lies below `root`, leads out of it or nowhere. What it leads to is not looked at:
   * the answer is the same whether or not that is there.
   */
  leadsOutside(path: string, root: string): boolean {
    for (let at = path; at !== root && inside(at, root); at = dirname(at)) {
      try {
        return !inside(realpathSync.native(at), root);
      } catch {
        if (isThere(at)) return true;
      }
    }
    return false;
  }

  look(path: string): string | null {
    try {
      const stats = statSync(path, { bigint: true });
      if (!stats.isFile()) {
        this.#stamps.set(path, stampText(stats));
        return null;
      }
      const real = realpathSync.native(path);
      this.#stamps.set(path, stampText(stats));
      return real;
    } catch {
      this.#stamps.set(path, null);
      return null;
    }
  }

  /** Text of a file whose real path was found allowed. It must still be no link: another file may have taken its place since. */
  read(real: string, limit: number): FileText {
    const read = this.#readWhole(real, limit);
    if (!Buffer.isBuffer(read)) return read;
    try {
      return { text: new TextDecoder("utf-8", { fatal: true }).decode(read) };
    } catch {
      return { code: "SOURCE_NOT_TEXT", problem: "it is not UTF-8 text" };
    }
  }

  #readWhole(real: string, limit: number): Buffer | FileProblem {
    let descriptor: number;
    try {
      descriptor = openSync(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    } catch {
      return { code: "IMPORT_NOT_FOUND", problem: "the file cannot be read" };
    }
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return { code: "IMPORT_REFUSED", problem: "it is not a regular file" };
      if (stats.size > limit) return { code: "SOURCE_TOO_LARGE", problem: `it is larger than ${limit} bytes` };
      this.#total += stats.size;
      if (this.#total > TOTAL_BYTES) {
        return { code: "SOURCE_TOO_LARGE", problem: `all files together are larger than ${TOTAL_BYTES} bytes` };
      }
      const bytes = Buffer.alloc(stats.size);
      let filled = 0;
      for (let got = -1; got !== 0 && filled < bytes.length; filled += got) {
        got = readSync(descriptor, bytes, filled, bytes.length - filled, null);
      }
      return bytes.subarray(0, filled);
    } catch {
      return { code: "SOURCE_NOT_TEXT", problem: "it is not UTF-8 text" };
    } finally {
      closeSync(descriptor);
    }
  }

  /** Bytes of such a file, by the same rules; null where there is anything wrong with it. */
  readBytes(real: string, limit: number): Buffer | null {
    const read = this.#readWhole(real, limit);
    return Buffer.isBuffer(read) ? read : null;
  }

  /** Whether there is a folder of that name; remembered like a file. */
  isFolder(path: string): boolean {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    this.#stamps.set(path, stats === undefined ? null : stampText(stats));
    return stats?.isDirectory() ?? false;
  }

  remember(name: string, text: string): void {
    this.#contents.set(name, createHash("sha256").update(text).digest("hex"));
  }

  stamps(): FileStamp[] {
    return [...this.#stamps].map(([path, stamp]) => ({ path, stamp }));
  }

  contents(): [string, string][] {
    return [...this.#contents];
  }
}

/** A link counts, whether or not its target is there; what cannot be looked at does not. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
