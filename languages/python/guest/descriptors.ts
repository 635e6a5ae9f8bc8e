/** The C functions that act on files: by descriptor, by path, and on what a file is. */
import { ERRNO, type Files, type Node } from "./files.ts";
import { type Heap, pathAt, putBigInt, putWord, stretches } from "./heap.ts";
import { type OpenFile, OpenFiles, OPEN_FLAGS } from "./open-files.ts";

type Shims = Record<string, (...values: never[]) => number | bigint>;

/** Commands of fcntl: F_DUPFD, F_DUPFD_CLOEXEC. */
const DUPLICATES = [0, 1030];
const GET_FLAGS = 3;
const AT_REMOVE_DIRECTORY = 0x200;
const AT_EMPTY_PATH = 0x1000;
const ENTRY_BYTES = 280;

export function fileShims(heap: Heap, files: Files): Shims {
  const open = new OpenFiles(files);
  return { ...streamShims(heap, files, open), ...statShims(heap, files, open), ...pathShims(heap, files, open) };
}

/** Paths are relative to the working directory or, where one is given, to an open directory. */
function named(heap: Heap, open: OpenFiles, directory: number, at: number): string {
  const path = pathAt(heap, at);
  const base = open.get(directory);
  return path.startsWith("/") || base === undefined ? path : `${base.path}/${path}`;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- a table of calls over one descriptor
function streamShims(heap: Heap, files: Files, open: OpenFiles): Shims {
  type Move = (file: OpenFile, at: number, bytes: Uint8Array) => number;
  /** Moves bytes between a file and stretches of memory; an errno, or zero with the number of bytes at `pointer`. */
  const transfer = (
    move: Move,
    file: OpenFile | undefined,
    from: number | null,
    [vectors, count, pointer]: readonly [number, number, number],
  ): number => {
    if (file === undefined) return ERRNO.badDescriptor;
    let total = 0;
    for (const [at, length] of stretches(heap, vectors, count)) {
      const moved = move(file, (from ?? file.at) + total, heap.bytes.subarray(at, at + length));
      if (moved < 0) return -moved;
      total += moved;
      if (moved < length) break;
    }
    if (from === null) file.at += total;
    putWord(heap, pointer, total);
    return 0;
  };
  const read: Move = (file, at, bytes) => open.read(file, at, bytes);
  const write: Move = (file, at, bytes) => open.write(file, at, bytes);
  return {
    fd_read: (fd: number, ...rest: [number, number, number]) => transfer(read, open.get(fd), null, rest),
    fd_write(fd: number, ...rest: [number, number, number]) {
      const file = open.get(fd);
      if (file?.appends && file.node.type === "file") file.at = file.node.size;
      return transfer(write, file, null, rest);
    },
    fd_pread: (fd: number, vectors: number, count: number, offset: bigint, pointer: number) =>
      transfer(read, open.get(fd), Number(offset), [vectors, count, pointer]),
    fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, pointer: number) =>
      transfer(write, open.get(fd), Number(offset), [vectors, count, pointer]),
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
    fd_close: (fd: number) => (open.close(fd) ? 0 : ERRNO.badDescriptor),
    fd_sync: () => 0,
    fd_fdstat_get: () => ERRNO.badDescriptor,
    __syscall_dup: (fd: number) => open.duplicate(fd),
    __syscall_fcntl64(fd: number, command: number) {
      if (DUPLICATES.includes(command)) return open.duplicate(fd);
      // The other commands set what there is nothing of here.
      return command === GET_FLAGS && open.get(fd)?.writes ? OPEN_FLAGS.both : 0;
    },
    __syscall_ftruncate64(fd: number, size: bigint) {
      const file = open.get(fd);
      if (file === undefined || !file.writes || file.node.type !== "file") return -ERRNO.badDescriptor;
      if (size < 0n) return -ERRNO.invalid;
      return files.resize(file.node, Number(size)) ? 0 : -ERRNO.noSpace;
    },
    __syscall_getdents64(fd: number, at: number, room: number) {
      const file = open.get(fd);
      if (file?.node.type !== "directory") return -ERRNO.notDirectory;
      return writeEntries(heap, file, [".", "..", ...files.list(file.path)], at >>> 0, room);
    },
    __syscall_fchdir: (fd: number) => files.enter(open.get(fd)?.path ?? "/none"),
    __syscall_fdatasync: () => 0,
    __syscall_fadvise64: () => 0,
    __syscall_ioctl: () => -ERRNO.notTerminal,
  };
}

function statShims(heap: Heap, files: Files, open: OpenFiles): Shims {
  const byPath = (path: number, at: number): number => writeStat(heap, files.find(pathAt(heap, path)), at);
  return {
    __syscall_fstat64(fd: number, at: number) {
      const file = open.get(fd);
      return file === undefined ? -ERRNO.badDescriptor : writeStat(heap, file.node, at);
    },
    __syscall_stat64: byPath,
    __syscall_lstat64: byPath,
    __syscall_newfstatat(directory: number, path: number, at: number, flags: number) {
      const file = open.get(directory);
      const isEmpty = (flags & AT_EMPTY_PATH) !== 0 && pathAt(heap, path) === "";
      const node = isEmpty && file !== undefined ? file.node : files.find(named(heap, open, directory, path));
      return writeStat(heap, node, at);
    },
    __syscall_faccessat(directory: number, path: number, mode: number) {
      const node = files.find(named(heap, open, directory, path));
      if (node === null) return -ERRNO.noEntry;
      return mode & 2 && node.type === "resource" ? -ERRNO.access : 0;
    },
    __syscall_readlinkat: (directory: number, path: number) =>
      files.find(named(heap, open, directory, path)) === null ? -ERRNO.noEntry : -ERRNO.invalid,
    __syscall_chmod: () => 0,
    __syscall_fchmod: () => 0,
    __syscall_fchmodat2: () => 0,
    __syscall_utimensat: () => 0,
    __syscall_umask_js: () => 0o77,
  };
}

function pathShims(heap: Heap, files: Files, open: OpenFiles): Shims {
  return {
    __syscall_openat: (directory: number, path: number, flags: number) =>
      open.open(named(heap, open, directory, path), flags),
    __syscall_truncate64(path: number, size: bigint) {
      const node = files.find(pathAt(heap, path));
      if (node?.type !== "file") return node === null ? -ERRNO.noEntry : -ERRNO.readOnly;
      return size >= 0n && files.resize(node, Number(size)) ? 0 : -ERRNO.noSpace;
    },
    __syscall_mkdirat: (directory: number, path: number) => files.makeDirectory(named(heap, open, directory, path)),
    __syscall_unlinkat: (directory: number, path: number, flags: number) =>
      files.remove(named(heap, open, directory, path), flags & AT_REMOVE_DIRECTORY ? "directory" : "file"),
    __syscall_rmdir: (path: number) => files.remove(pathAt(heap, path), "directory"),
    __syscall_renameat: (oldDirectory: number, from: number, newDirectory: number, to: number) =>
      files.rename(named(heap, open, oldDirectory, from), named(heap, open, newDirectory, to)),
    __syscall_getcwd(at: number, room: number) {
      const { cwd } = files;
      if (cwd.length + 1 > room) return -ERRNO.invalid;
      for (let index = 0; index <= cwd.length; index += 1) {
        heap.bytes[(at >>> 0) + index] = cwd.charCodeAt(index) || 0;
      }
      return cwd.length + 1;
    },
    __syscall_chdir: (path: number) => files.enter(pathAt(heap, path)),
  };
}

/** Emscripten's `struct stat`. */
function writeStat(heap: Heap, node: Node | null, at: number): number {
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

/** Emscripten's `struct dirent`s, from where the last call left off; the length that they take. */
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
