/**
 * The file that SQLite has open. One that is deleted, or replaced by a restored copy, stays writable for those that have it open: what is
 * committed then is on no path that anyone will open again.
 */
import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { HostFault } from "../base/fault.ts";

export interface OpenedFile {
  readonly path: string;
  /** Null where a file system has no numbers. */
  readonly identity: string | null;
  /** Whether the path still leads to it. */
  isThere(): boolean;
}

export function openedFile(path: string): OpenedFile {
  const opened = identityOf(path);
  return {
    path,
    identity: opened,
    isThere() {
      try {
        return identityOf(path) === opened;
      } catch {
        // A file system that does not answer says nothing of the file.
        return true;
      }
    },
  };
}

/** SQLite's codes for a file that it cannot open, or not write. */
const CANNOT_OPEN = 14;
const READ_ONLY = 8;

/** The error of a look at a file with what stands in the way: SQLite says "unable to open database file" of all of it. */
export function explained(error: unknown, path: string): unknown {
  const code = ((error as { readonly errcode?: number } | null)?.errcode ?? 0) & 0xff;
  const why = code === CANNOT_OPEN || code === READ_ONLY ? obstacleTo(path) : null;
  if (why !== null && Error.isError(error)) error.message = `${error.message}, because ${why}`;
  return error;
}

/** A file that may only be read opens, and refuses each hand-off later. */
export function requireWritable(path: string): void {
  const why = path === ":memory:" ? null : obstacleTo(path);
  if (why !== null) throw new HostFault("STORE_UNAVAILABLE", `${why} (docs/delivery.md)`, "never");
}

function obstacleTo(path: string): string | null {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return `there is no folder ${folder}`;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) return "it is no file";
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const refused = refusalOf(file);
    if (refused !== null && refused !== "ENOENT") return `${file} may not be written (${refused})`;
  }
  const beside = refusalOf(`${path}-wal`) === null ? null : refusalOf(folder);
  return beside === null ? null : `SQLite keeps its log beside it, and ${folder} may not be written (${beside})`;
}

function refusalOf(path: string): string | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "refused";
  }
}

/** Where a file system has no numbers, all files look alike, and this says nothing. */
function identityOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
