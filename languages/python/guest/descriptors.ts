/** Open files, and the C functions that act on them. */
import { ERRNO, type Files, type Node, type TemporaryFile } from "./files.ts";
import { type Heap, pathAt, putBigInt, putWord, stretches } from "./heap.ts";

interface OpenFile {
  readonly node: Node;
  readonly path: string;
  readonly writes: boolean;
  readonly appends: boolean;
  at: number;
}

type Shims = Record<string, (...values: never[]) => number | bigint>;

const FIRST = 50;
const MAX_OPEN = 200;
const FLAGS = { write: 1, both: 2, create: 0o100, exclusive: 0o200, truncate: 0o1000, append: 0o2000, directory: 0o200000 };
/** Commands of fcntl: F_DUPFD, F_DUPFD_CLOEXEC. */
const DUPLICATES = [0, 1030];
const GET_FLAGS = 3;
const AT_REMOVE_DIRECTORY = 0x200;
const AT_EMPTY_PATH = 0x1000;

export function fileShims(heap: Heap, files: Files): { shims: Shims; isOpen(fd: number): boolean } {
  const open = new Map<number, OpenFile>();
  let next = FIRST;

  /** Paths are relative to the working directory or, where one is given, to an open directory. */
  const named = (directory: number, at: number): string => {
    const path = pathAt(heap, at);
    const base = open.get(directory);
    return path.startsWith("/") || base === undefined ? path : `${base.path}/${path}`;
  };

  function openFile(path: string, flags: number): number {
    const writes = (flags & (FLAGS.write | FLAGS.both)) !== 0;
    let node = files.find(path);
    if (open.size >= MAX_OPEN) return -ERRNO.tooManyFiles;
    if (node === null) {
      if (!(flags & FLAGS.create)) return -ERRNO.noEntry;
      const made = files.create(path);
      if (typeof made === "number") return made;
      node = made;
    } else {
      if (flags & FLAGS.create && flags & FLAGS.exclusive) return -ERRNO.exists;
      if (node.type === "directory" && writes) return -ERRNO.isDirectory;
      if (node.type !== "directory" && flags & FLAGS.directory) return -ERRNO.notDirectory;
      if (node.type === "resource" && writes) return -ERRNO.readOnly;
      if (flags & FLAGS.truncate && node.type === "file") files.resize(node, 0);
    }
    const fd = next++;
    open.set(fd, { node, path: files.resolve(path), writes, appends: (flags & FLAGS.append) !== 0, at: 0 });
    return fd;
  }

  /** Both share one place in the file. */
  function duplicate(fd: number): number {
    const file = open.get(fd);
    if (file === undefined) return -ERRNO.badDescriptor;
    if (open.size >= MAX_OPEN) return -ERRNO.tooManyFiles;
    open.set(next, file);
    return next++;
  }

  function read(file: OpenFile, vectors: number, count: number, from: number): number {
    const { node } = file;
    if (node.type === "directory") return -ERRNO.isDirectory;
    let total = 0;
    for (const [at, length] of stretches(heap, vectors, count)) {
      const taken = files.read(node, from + total, heap.bytes.subarray(at, at + length));
      total += taken;
      if (taken < length) break;
    }
    return total;
  }

  function write(file: OpenFile, vectors: number, count: number, from: number): number {
    if (!file.writes) return -ERRNO.badDescriptor;
    const node = file.node as TemporaryFile;
    let total = 0;
    for (const [at, length] of stretches(heap, vectors, count)) {
      if (!files.write(node, from + total, heap.bytes.subarray(at, at + length))) return -ERRNO.noSpace;
      total += length;
    }
    return total;
  }

  const counted = (total: number, pointer: number): number => {
    if (total < 0) return -total;
    putWord(heap, pointer, total);
    return 0;
  };

  function writeStat(node: Node | null, at: number): number {
    if (node === null) return -ERRNO.noEntry;
    const from = at >>> 0;
    heap.bytes.fill(0, from, from + 96);
    const mode = node.type === "directory" ? 0o040700 : node.type === "file" ? 0o100600 : 0o100444;
    const size = node.type === "directory" ? 0 : node.size;
    putWord(heap, from, 1);
    putWord(heap, from + 4, mode);
    putWord(heap, from + 8, node.type === "directory" ? 2 : 1);
    putBigInt(heap, from + 24, size);
    putWord(heap, from + 32, 4_096);
    putWord(heap, from + 36, Math.ceil(size / 512));
    for (const field of [40, 56, 72]) putBigInt(heap, from + field, Math.floor(node.changed / 1_000));
    putBigInt(heap, from + 88, node.serial);
    return 0;
  }

  const shims: Shims = {
    __syscall_openat: (directory: number, path: number, flags: number) => openFile(named(directory, path), flags),
    fd_read(fd: number, vectors: number, count: number, pointer: number) {
      const file = open.get(fd);
      if (file === undefined) return ERRNO.badDescriptor;
      const total = read(file, vectors, count, file.at);
      if (total > 0) file.at += total;
      return counted(total, pointer);
    },
    fd_write(fd: number, vectors: number, count: number, pointer: number) {
      const file = open.get(fd);
      if (file === undefined) return ERRNO.badDescriptor;
      if (file.appends && file.node.type === "file") file.at = file.node.size;
      const total = write(file, vectors, count, file.at);
      if (total > 0) file.at += total;
      return counted(total, pointer);
    },
    fd_pread(fd: number, vectors: number, count: number, offset: bigint, pointer: number) {
      const file = open.get(fd);
      return file === undefined ? ERRNO.badDescriptor : counted(read(file, vectors, count, Number(offset)), pointer);
    },
    fd_pwrite(fd: number, vectors: number, count: number, offset: bigint, pointer: number) {
      const file = open.get(fd);
      return file === undefined ? ERRNO.badDescriptor : counted(write(file, vectors, count, Number(offset)), pointer);
    },
    fd_seek(fd: number, offset: bigint, whence: number, pointer: number) {
      const file = open.get(fd);
      if (file === undefined) return ERRNO.badDescriptor;
      const size = file.node.type === "directory" ? 0 : file.node.size;
      const at = Number(offset) + (whence === 0 ? 0 : whence === 1 ? file.at : size);
      if (at < 0) return ERRNO.invalid;
      file.at = at;
      putBigInt(heap, pointer, at);
      return 0;
    },
    fd_close: (fd: number) => (open.delete(fd) ? 0 : ERRNO.badDescriptor),
    fd_sync: () => 0,
    __syscall_fstat64: (fd: number, at: number) => {
      const file = open.get(fd);
      return file === undefined ? -ERRNO.badDescriptor : writeStat(file.node, at);
    },
    __syscall_stat64: (path: number, at: number) => writeStat(files.find(pathAt(heap, path)), at),
    __syscall_lstat64: (path: number, at: number) => writeStat(files.find(pathAt(heap, path)), at),
    __syscall_newfstatat(directory: number, path: number, at: number, flags: number) {
      const file = open.get(directory);
      const isEmpty = (flags & AT_EMPTY_PATH) !== 0 && pathAt(heap, path) === "";
      return writeStat(isEmpty && file !== undefined ? file.node : files.find(named(directory, path)), at);
    },
    __syscall_faccessat: (directory: number, path: number, mode: number) => {
      const node = files.find(named(directory, path));
      if (node === null) return -ERRNO.noEntry;
      return mode & 2 && node.type === "resource" ? -ERRNO.access : 0;
    },
    __syscall_ftruncate64(fd: number, size: bigint) {
      const file = open.get(fd);
      if (file === undefined || !file.writes || file.node.type !== "file") return -ERRNO.badDescriptor;
      if (size < 0n) return -ERRNO.invalid;
      return files.resize(file.node, Number(size)) ? 0 : -ERRNO.noSpace;
    },
    __syscall_truncate64(path: number, size: bigint) {
      const node = files.find(pathAt(heap, path));
      if (node?.type !== "file") return node === null ? -ERRNO.noEntry : -ERRNO.readOnly;
      return size >= 0n && files.resize(node, Number(size)) ? 0 : -ERRNO.noSpace;
    },
    __syscall_mkdirat: (directory: number, path: number) => files.makeDirectory(named(directory, path)),
    __syscall_unlinkat: (directory: number, path: number, flags: number) =>
      files.remove(named(directory, path), flags & AT_REMOVE_DIRECTORY ? "directory" : "file"),
    __syscall_rmdir: (path: number) => files.remove(pathAt(heap, path), "directory"),
    __syscall_renameat: (oldDirectory: number, from: number, newDirectory: number, to: number) =>
      files.rename(named(oldDirectory, from), named(newDirectory, to)),
    __syscall_getdents64(fd: number, at: number, room: number) {
      const file = open.get(fd);
      if (file?.node.type !== "directory") return -ERRNO.notDirectory;
      return writeEntries(heap, file, [".", "..", ...files.list(file.path)], at >>> 0, room);
    },
    __syscall_getcwd(at: number, room: number) {
      if (files.cwd.length + 1 > room) return -ERRNO.invalid;
      for (let index = 0; index <= files.cwd.length; index += 1)
        heap.bytes[(at >>> 0) + index] = files.cwd.charCodeAt(index) || 0;
      return files.cwd.length + 1;
    },
    __syscall_chdir: (path: number) => files.enter(pathAt(heap, path)),
    __syscall_fchdir: (fd: number) => files.enter(open.get(fd)?.path ?? "//none"),
    __syscall_chmod: () => 0,
    __syscall_fchmod: () => 0,
    __syscall_fchmodat2: () => 0,
    __syscall_utimensat: () => 0,
    __syscall_umask_js: () => 0o77,
    __syscall_fdatasync: () => 0,
    __syscall_fadvise64: () => 0,
    __syscall_readlinkat: (directory: number, path: number) =>
      files.find(named(directory, path)) === null ? -ERRNO.noEntry : -ERRNO.invalid,
    __syscall_ioctl: () => -ERRNO.notTerminal,
    __syscall_dup: (fd: number) => duplicate(fd),
    __syscall_fcntl64: (fd: number, command: number) => {
      if (DUPLICATES.includes(command)) return duplicate(fd);
      // The other commands set what there is nothing of here.
      return command === GET_FLAGS && open.get(fd)?.writes ? FLAGS.both : 0;
    },
    fd_fdstat_get: () => ERRNO.badDescriptor,
  };
  return { shims, isOpen: (fd) => open.has(fd) };
}

const ENTRY_BYTES = 280;

/** `struct dirent`s from where the last call left off; the length that they take. */
function writeEntries(heap: Heap, file: OpenFile, names: readonly string[], at: number, room: number): number {
  let used = 0;
  while (file.at < names.length && used + ENTRY_BYTES <= room) {
    const name = names[file.at]!.slice(0, 255);
    const entry = at + used;
    heap.bytes.fill(0, entry, entry + ENTRY_BYTES);
    putBigInt(heap, entry, file.at + 1);
    putBigInt(heap, entry + 8, file.at + 1);
    heap.words.setUint16(entry + 16, ENTRY_BYTES, true);
    for (let index = 0; index < name.length; index += 1) heap.bytes[entry + 19 + index] = name.charCodeAt(index);
    file.at += 1;
    used += ENTRY_BYTES;
  }
  return used;
}
