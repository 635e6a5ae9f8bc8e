/**
 * The files that Python sees: the standard library and the time zones, which are read only and come from the worker when they are opened, and a
 * private /tmp in memory, which counts. Nothing else exists. Numbers are those of WASI and of Linux's stat.
 */
export const ERRNO = {
  access: 2,
  badDescriptor: 8,
  exists: 20,
  invalid: 28,
  isDirectory: 31,
  tooManyFiles: 33,
  noEntry: 44,
  noSpace: 51,
  notSupported: 52,
  notDirectory: 54,
  notEmpty: 55,
  notTerminal: 59,
  readOnly: 69,
} as const;

export interface TemporaryFile {
  readonly type: "file";
  /** Pieces of PIECE_BYTES each; one that was never written is not there, and reads as zeros. */
  readonly pieces: (Uint8Array | undefined)[];
  size: number;
  changed: number;
  readonly serial: number;
}

interface Directory {
  readonly type: "directory";
  readonly changed: number;
  readonly serial: number;
}

/** What cannot be written: its bytes are asked for when they are first read. */
export interface Resource {
  readonly type: "resource";
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly changed: number;
  readonly serial: number;
}

export type Node = TemporaryFile | Directory | Resource;

export interface FileOptions {
  readonly libraryPath: string;
  readonly librarySeconds: number;
  resource(name: string): ArrayBuffer | undefined;
  /** Whether so many bytes more may be kept. */
  admits(bytes: number): boolean;
  now(): number;
}

const ZONES = "/usr/share/zoneinfo/";
const MAX_NODES = 10_000;
const PIECE_BYTES = 65_536;
/** Beyond this a file could not be numbered by its pieces. */
const MAX_FILE_BYTES = 2 ** 40;
const SYSTEM = ["/", "/lib", "/usr", "/usr/share", "/usr/share/zoneinfo"];

export class Files {
  readonly #options: FileOptions;
  readonly #nodes = new Map<string, TemporaryFile | Directory>();
  readonly #resources = new Map<string, Resource | null>();
  #serial = 100;
  #cwd = "/tmp";
  /** Bytes that /tmp holds. */
  kept = 0;

  constructor(options: FileOptions) {
    this.#options = options;
    this.#nodes.set("/tmp", { type: "directory", changed: 0, serial: 1 });
  }

  get cwd(): string {
    return this.#cwd;
  }

  enter(path: string): number {
    const node = this.find(path);
    if (node === null) return -ERRNO.noEntry;
    if (node.type !== "directory") return -ERRNO.notDirectory;
    this.#cwd = this.resolve(path);
    return 0;
  }

  /** Absolute, without `.` and `..`. */
  resolve(path: string): string {
    const parts: string[] = [];
    const whole = path.startsWith("/") ? path : `${this.#cwd}/${path}`;
    for (const part of whole.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }

  find(path: string): Node | null {
    const name = this.resolve(path);
    const own = this.#nodes.get(name);
    if (own !== undefined) return own;
    if (SYSTEM.includes(name)) return { type: "directory", changed: 0, serial: 2 };
    return this.#findResource(name);
  }

  #findResource(name: string): Resource | null {
    const known = this.#resources.get(name);
    if (known !== undefined) return known;
    const { libraryPath, librarySeconds, resource } = this.#options;
    const asked =
      name === libraryPath ? "library" : name.startsWith(ZONES) ? `zone/${name.slice(ZONES.length)}` : undefined;
    const buffer = asked === undefined ? undefined : resource(asked);
    if (buffer === undefined) return null;
    const bytes = new Uint8Array(buffer);
    const found: Resource = { type: "resource", bytes, size: bytes.length, changed: librarySeconds * 1_000, serial: 3 };
    this.#resources.set(name, found);
    return found;
  }

  create(path: string): TemporaryFile | number {
    const name = this.resolve(path);
    const refusal = this.#refuseNew(name);
    if (refusal !== 0) return refusal;
    const file: TemporaryFile = {
      type: "file",
      pieces: [],
      size: 0,
      changed: this.#options.now(),
      serial: this.#serial++,
    };
    this.#nodes.set(name, file);
    return file;
  }

  makeDirectory(path: string): number {
    const name = this.resolve(path);
    if (this.find(name) !== null) return -ERRNO.exists;
    const refusal = this.#refuseNew(name);
    if (refusal !== 0) return refusal;
    this.#nodes.set(name, { type: "directory", changed: this.#options.now(), serial: this.#serial++ });
    return 0;
  }

  #refuseNew(name: string): number {
    const parent = this.#nodes.get(name.slice(0, name.lastIndexOf("/")) || "/");
    if (!name.startsWith("/tmp/")) return -ERRNO.readOnly;
    if (parent === undefined) return -ERRNO.noEntry;
    if (parent.type !== "directory") return -ERRNO.notDirectory;
    return this.#nodes.size >= MAX_NODES ? -ERRNO.noSpace : 0;
  }

  /** A file that is still open keeps its bytes until the run ends; they go on counting. */
  remove(path: string, type: "file" | "directory"): number {
    const name = this.resolve(path);
    const node = this.#nodes.get(name);
    if (node === undefined) return this.find(name) === null ? -ERRNO.noEntry : -ERRNO.readOnly;
    if (node.type !== type) return node.type === "directory" ? -ERRNO.isDirectory : -ERRNO.notDirectory;
    if (name === "/tmp") return -ERRNO.access;
    if (node.type === "directory" && this.list(name).length > 0) return -ERRNO.notEmpty;
    this.#nodes.delete(name);
    return 0;
  }

  rename(from: string, to: string): number {
    const [old, target] = [this.resolve(from), this.resolve(to)];
    const node = this.#nodes.get(old);
    if (node === undefined) return this.find(old) === null ? -ERRNO.noEntry : -ERRNO.readOnly;
    if (old === target) return 0;
    if (old === "/tmp" || target.startsWith(`${old}/`)) return -ERRNO.invalid;
    const there = this.#nodes.get(target);
    if (there !== undefined && (there.type === "directory" || node.type === "directory")) return -ERRNO.exists;
    if (there === undefined) {
      const refusal = this.#refuseNew(target);
      if (refusal !== 0) return refusal;
    }
    for (const name of [...this.#nodes.keys()]) {
      if (name !== old && !name.startsWith(`${old}/`)) continue;
      this.#nodes.set(target + name.slice(old.length), this.#nodes.get(name)!);
      this.#nodes.delete(name);
    }
    return 0;
  }

  /** The names in a directory. */
  list(path: string): string[] {
    const name = this.resolve(path);
    const prefix = name === "/" ? "/" : `${name}/`;
    const names: string[] = name === "/" ? ["tmp"] : [];
    for (const other of this.#nodes.keys()) {
      if (other.startsWith(prefix) && other !== "/tmp" && !other.slice(prefix.length).includes("/"))
        names.push(other.slice(prefix.length));
    }
    return names;
  }

  /** Sets the length; what is cut off reads as zeros should the file grow again. */
  resize(file: TemporaryFile, size: number): boolean {
    if (size > MAX_FILE_BYTES) return false;
    if (size < file.size) {
      const first = Math.ceil(size / PIECE_BYTES);
      for (let index = first; index < file.pieces.length; index += 1) {
        if (file.pieces[index] !== undefined) this.kept -= PIECE_BYTES;
      }
      file.pieces.length = Math.min(first, file.pieces.length);
      file.pieces[first - 1]?.fill(0, size - (first - 1) * PIECE_BYTES);
    }
    file.size = size;
    file.changed = this.#options.now();
    return true;
  }

  /** False where memory does not allow it; some of the bytes may have been written then. */
  write(file: TemporaryFile, at: number, bytes: Uint8Array): boolean {
    if (at + bytes.length > MAX_FILE_BYTES) return false;
    for (let done = 0; done < bytes.length;) {
      const index = Math.floor((at + done) / PIECE_BYTES);
      const offset = (at + done) % PIECE_BYTES;
      let piece = file.pieces[index];
      if (piece === undefined) {
        if (!this.#options.admits(PIECE_BYTES)) return false;
        piece = newPiece();
        if (piece === undefined) return false;
        file.pieces[index] = piece;
        this.kept += PIECE_BYTES;
      }
      const length = Math.min(bytes.length - done, PIECE_BYTES - offset);
      piece.set(bytes.subarray(done, done + length), offset);
      done += length;
      file.size = Math.max(file.size, at + done);
    }
    file.changed = this.#options.now();
    return true;
  }

  /** Reads into `target`; the number of bytes that there were. */
  read(node: TemporaryFile | Resource, at: number, target: Uint8Array): number {
    const total = Math.max(0, Math.min(target.length, node.size - at));
    if (node.type === "resource") {
      target.set(node.bytes.subarray(at, at + total));
      return total;
    }
    for (let done = 0; done < total;) {
      const offset = (at + done) % PIECE_BYTES;
      const length = Math.min(total - done, PIECE_BYTES - offset);
      const piece = node.pieces[Math.floor((at + done) / PIECE_BYTES)];
      if (piece === undefined) target.fill(0, done, done + length);
      else target.set(piece.subarray(offset, offset + length), done);
      done += length;
    }
    return total;
  }
}

/** Undefined where the isolate has no room left. */
function newPiece(): Uint8Array | undefined {
  try {
    return new Uint8Array(PIECE_BYTES);
  } catch {
    return undefined;
  }
}
