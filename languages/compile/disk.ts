/**
 * Hands on the disk: what a compile asks of files, each question for itself. The compile process has these for what it may see, and asks the
 * host for the rest (host-disk.ts): the host has the same ones.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { inside } from "./inside.ts";
import { stampText } from "./file-stamp.ts";

export interface FileProblem {
  readonly problem: string;
  readonly code: string;
}

export interface Looked {
  /** Null where there is nothing. */
  readonly stamp: string | null;
  /** The real path of a regular file; null for anything else. */
  readonly real: string | null;
  readonly isFolder: boolean;
}

export interface Disk {
  /**
   * Whether a symbolic link on the way to `path`, which lies below `root`, leads out of it or nowhere. What it leads to is not looked at:
   * the answer is the same whether or not that is there.
   */
  leadsOutside(path: string, root: string): boolean;
  look(path: string): Looked;
  /** A file whose real path this is. It must still be no link: another file may have taken its place since. */
  read(real: string, limit: number): Buffer | FileProblem;
}

const NOTHING: Looked = { stamp: null, real: null, isFolder: false };

export const DISK: Disk = {
  leadsOutside(path, root) {
    for (let at = path; at !== root && inside(at, root); at = dirname(at)) {
      try {
        return !inside(realpathSync.native(at), root);
      } catch {
        if (isThere(at)) return true;
      }
    }
    return false;
  },

  look(path) {
    try {
      const stats = statSync(path, { bigint: true });
      const real = stats.isFile() ? realpathSync.native(path) : null;
      return { stamp: stampText(stats), real, isFolder: stats.isDirectory() };
    } catch {
      return NOTHING;
    }
  },

  read(real, limit) {
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
  },
};

/** A link counts, whether or not its target is there; what cannot be looked at does not. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
