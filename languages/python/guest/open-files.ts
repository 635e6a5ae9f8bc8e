/** The files that are open, by their descriptors. Two descriptors may share one place in a file. */
import { ERRNO, type Files, type Node } from "./files.ts";

export interface OpenFile {
  readonly node: Node;
  readonly path: string;
  readonly writes: boolean;
  readonly appends: boolean;
  at: number;
}

/** Below these are the standard streams and the door. */
const FIRST = 50;
const MAX_OPEN = 200;

export const OPEN_FLAGS = {
  write: 1,
  both: 2,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  directory: 0o200000,
} as const;

export class OpenFiles {
  readonly #files: Files;
  readonly #open = new Map<number, OpenFile>();
  #next = FIRST;

  constructor(files: Files) {
    this.#files = files;
  }

  get(fd: number): OpenFile | undefined {
    return this.#open.get(fd);
  }

  /** A descriptor, or a negative errno. */
  open(path: string, flags: number): number {
    if (this.#open.size >= MAX_OPEN) return -ERRNO.tooManyFiles;
    const writes = (flags & (OPEN_FLAGS.write | OPEN_FLAGS.both)) !== 0;
    let node = this.#files.find(path);
    if (node === null) {
      if (!(flags & OPEN_FLAGS.create)) return -ERRNO.noEntry;
      const made = this.#files.create(path);
      if (typeof made === "number") return made;
      node = made;
    } else {
      const refusal = refuse(node, flags, writes);
      if (refusal !== 0) return refusal;
      if (flags & OPEN_FLAGS.truncate && node.type === "file") this.#files.resize(node, 0);
    }
    const appends = (flags & OPEN_FLAGS.append) !== 0;
    return this.#keep({ node, path: this.#files.resolve(path), writes, appends, at: 0 });
  }

  duplicate(fd: number): number {
    const file = this.#open.get(fd);
    if (file === undefined) return -ERRNO.badDescriptor;
    return this.#open.size >= MAX_OPEN ? -ERRNO.tooManyFiles : this.#keep(file);
  }

  #keep(file: OpenFile): number {
    this.#open.set(this.#next, file);
    return this.#next++;
  }

  close(fd: number): boolean {
    return this.#open.delete(fd);
  }

  /** The number of bytes read, or a negative errno. */
  read({ node }: OpenFile, at: number, bytes: Uint8Array): number {
    return node.type === "directory" ? -ERRNO.isDirectory : this.#files.read(node, at, bytes);
  }

  write({ node, writes }: OpenFile, at: number, bytes: Uint8Array): number {
    if (!writes || node.type !== "file") return -ERRNO.badDescriptor;
    return this.#files.write(node, at, bytes) ? bytes.length : -ERRNO.noSpace;
  }
}

function refuse(node: Node, flags: number, writes: boolean): number {
  if (flags & OPEN_FLAGS.create && flags & OPEN_FLAGS.exclusive) return -ERRNO.exists;
  if (node.type === "directory" && writes) return -ERRNO.isDirectory;
  if (node.type !== "directory" && flags & OPEN_FLAGS.directory) return -ERRNO.notDirectory;
  return node.type === "resource" && writes ? -ERRNO.readOnly : 0;
}
