/**
 * The only hands of the compile process on the disk: looks for files, follows links to the real path, reads with a cap, and
 * remembers a stamp of everything it was asked for, so that a cached bundle notices a change.
 */
import { createHash } from "node:crypto";
import { DISK, type Disk, type FileProblem } from "./disk.ts";
import { inside } from "./inside.ts";
import type { FileStamp } from "./file-stamp.ts";
import type { CompileRequest } from "./messages.ts";
import { HOST_DISK } from "./host-disk.ts";

/** All files together: past this a compile would rather starve the machine than end. */
const TOTAL_BYTES = 64 * 1024 * 1024;

export type FileText = { readonly text: string } | FileProblem;

/** Whose files these are. */
export type Handed = Pick<CompileRequest, "root" | "reads" | "isHanded">;

export class ImportFiles {
  readonly #root: string | null;
  /** Who looks at the action's files and those that its compile reads beside them: the host, where this process does not see them. */
  readonly #ofAction: Disk;
  readonly #reads: Set<string>;
  readonly #stamps = new Map<string, string | null>();
  readonly #contents = new Map<string, string>();
  #total = 0;

  constructor({ root, reads, isHanded = false }: Handed) {
    this.#root = root;
    this.#reads = new Set(reads);
    this.#ofAction = isHanded ? HOST_DISK : DISK;
  }

  #diskOf(path: string): Disk {
    const isOfAction = this.#reads.has(path) || (this.#root !== null && inside(path, this.#root));
    return isOfAction ? this.#ofAction : DISK;
  }

  /** As of the disk. */
  leadsOutside(path: string, root: string): boolean {
    return this.#diskOf(path).leadsOutside(path, root);
  }

  /** The real path of a regular file, or null. */
  look(path: string): string | null {
    const { stamp, real } = this.#diskOf(path).look(path);
    this.#stamps.set(path, stamp);
    if (real !== null && this.#reads.has(path)) this.#reads.add(real);
    return real;
  }

  /** Whether there is a folder of that name; remembered like a file. */
  isFolder(path: string): boolean {
    const { stamp, isFolder } = this.#diskOf(path).look(path);
    this.#stamps.set(path, stamp);
    return isFolder;
  }

  /** Text of a file whose real path was found allowed. */
  read(real: string, limit: number): FileText {
    const read = this.#readWhole(real, limit);
    if (!Buffer.isBuffer(read)) return read;
    try {
      return { text: new TextDecoder("utf-8", { fatal: true }).decode(read) };
    } catch {
      return { code: "SOURCE_NOT_TEXT", problem: "it is not UTF-8 text" };
    }
  }

  /** Bytes of such a file, by the same rules; null where there is anything wrong with it. */
  readBytes(real: string, limit: number): Buffer | null {
    const read = this.#readWhole(real, limit);
    return Buffer.isBuffer(read) ? read : null;
  }

  #readWhole(real: string, limit: number): Buffer | FileProblem {
    const read = this.#diskOf(real).read(real, Math.min(limit, TOTAL_BYTES));
    if (!Buffer.isBuffer(read)) return read;
    this.#total += read.length;
    if (this.#total <= TOTAL_BYTES) return read;
    return { code: "SOURCE_TOO_LARGE", problem: `all files together are larger than ${TOTAL_BYTES} bytes` };
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
