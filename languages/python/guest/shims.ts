/**
 * Shims: what the interpreter's WebAssembly may call: clocks, entropy, memory, the calendar, files, the door. Each is listed in docs/security.md with what it
 * exposes. All other imports, of 268, either say that there is no such system call or end the run: nothing else of JavaScript can be reached.
 */
import type { ImageFacts, PythonDoor } from "./door.d.ts";
import { readTime, writeTime } from "./calendar.ts";
import { fileShims } from "./descriptors.ts";
import { ERRNO, type Files } from "./files.ts";
import { BYTES, type Frames, TEXT } from "./frames.ts";
import { type Heap, putBigInt, putWord, renew } from "./heap.ts";

export interface Machine {
  readonly heap: Heap;
  readonly files: Files;
  readonly frames: Frames;
  readonly door: PythonDoor;
  /** Bytes at which the memory ends; a growth beyond is refused, and remembered. */
  limit: number;
  refused: boolean;
  /** When Python is to be interrupted because its time is up, by the isolate's own clock. */
  deadline: number;
  table(): WebAssembly.Table;
  /** Stands still until there is an answer. */
  standStill(read: () => number): Promise<number>;
}

type Shim = (...values: never[]) => unknown;

const PAGE_BYTES = 65_536;
const GROWTH_STEP = 1_048_576;
const SIGINT = 2;

export function createImports(facts: ImageFacts, machine: Machine): WebAssembly.Imports {
  const files = fileShims(machine.heap, machine.files);
  const shims: Record<string, unknown> = {
    ...systemShims(machine),
    ...clockShims(machine),
    ...files,
    ...doorShims(machine, files as Record<string, Shim>),
  };
  const imports: WebAssembly.Imports = { env: {}, wasi_snapshot_preview1: {}, "GOT.func": {} };
  for (const [module, name] of facts.imports) {
    imports[module]![name] =
      module === "GOT.func"
        ? new WebAssembly.Global({ value: "i32", mutable: true }, facts.addresses[name]!)
        : (shims[name] ?? absent(name));
  }
  return imports;
}

/** Pyodide asks these first, whether a socket of its JavaScript has an answer; null and zero say that there is none. */
const NO_SOCKET = /^_(?:maybe|try)_/;

function absent(name: string): Shim {
  if (NO_SOCKET.test(name)) return name.startsWith("_try") ? () => 0 : () => null;
  if (name.startsWith("__syscall")) return () => -ERRNO.notSupported;
  return () => {
    throw new Error(`Python called ${name}, which actions do not have`);
  };
}

function systemShims(machine: Machine): Record<string, Shim> {
  const { heap, door, frames } = machine;
  const leave = (status: number): never => {
    throw new Error(`Python was told to exit with status ${status}; return from execute_action instead`);
  };
  return {
    exit: leave,
    proc_exit: leave,
    _abort_js: () => {
      throw new Error("Python aborted; return from execute_action instead");
    },
    random_get(at: number, length: number) {
      const { nextByte } = frames.clock;
      const from = at >>> 0;
      if (nextByte === null) heap.bytes.set(new Uint8Array(door("entropy", length >>> 0) as ArrayBuffer), from);
      else for (let index = 0; index < length >>> 0; index += 1) heap.bytes[from + index] = nextByte();
      return 0;
    },
    emscripten_resize_heap(wanted: number) {
      return grow(machine, wanted >>> 0) ? 1 : 0;
    },
    emscripten_get_heap_max: () => machine.limit,
    /** Asked every few instructions: has a signal come? */
    _Py_CheckEmscriptenSignals_Helper() {
      if (Date.now() < machine.deadline + frames.hostMs) return 0;
      machine.deadline = Infinity;
      door("expired");
      return SIGINT;
    },
    __call_sighandler: (handler: number, signal: number) => machine.table().get(handler)!(signal),
    environ_sizes_get(count: number, bytes: number) {
      putWord(heap, count, 0);
      putWord(heap, bytes, 0);
      return 0;
    },
    environ_get: () => 0,
    __syscall_getuid32_js: () => 0,
    emscripten_runtime_keepalive_push: () => undefined,
    emscripten_runtime_keepalive_pop: () => undefined,
    _setitimer_js: () => -ERRNO.notSupported,
    _emscripten_lookup_name: () => 0,
    _tzset_js: () => undefined,
  };
}

function clockShims({ heap, frames }: Machine): Record<string, Shim> {
  const readClock = (clock: number): number => (clock === 0 ? frames.clock.now() : frames.clock.monotonic());
  return {
    clock_time_get(clock: number, _precision: bigint, at: number) {
      heap.words.setBigInt64(at >>> 0, BigInt(Math.round(readClock(clock) * 1_000)) * 1_000n, true);
      return 0;
    },
    clock_res_get(_clock: number, at: number) {
      putBigInt(heap, at, 1_000_000);
      return 0;
    },
    emscripten_date_now: () => frames.clock.now(),
    emscripten_get_now: () => frames.clock.monotonic(),
    _gmtime_js: (seconds: bigint, at: number) => writeTime(heap, Number(seconds), at),
    _localtime_js: (seconds: bigint, at: number) => writeTime(heap, Number(seconds), at),
    _timegm_js: (at: number) => readTime(heap, at),
    _mktime_js: (at: number) => readTime(heap, at),
  };
}

/** Descriptors 40 and 41 are the door, 1 and 2 lead nowhere, the others are files. */
function doorShims(machine: Machine, files: Record<string, Shim>): Record<string, unknown> {
  const { frames } = machine;
  const fileRead = files["fd_read"] as (...values: number[]) => number;
  const fileWrite = files["fd_write"] as (...values: number[]) => number;
  const isDoor = (fd: number): boolean => fd === TEXT || fd === BYTES;
  return {
    fd_write(fd: number, vectors: number, count: number, pointer: number) {
      if (isDoor(fd)) return frames.write(fd, vectors, count, pointer);
      return fileWrite(fd, vectors, count, pointer);
    },
    /** The stack of WebAssembly is set aside while the host answers: Python stands still, and the worker's thread does not. */
    fd_read: new WebAssembly.Suspending((fd: number, vectors: number, count: number, pointer: number) => {
      if (!isDoor(fd)) return fileRead(fd, vectors, count, pointer);
      const read = (): number => frames.read(fd, vectors, count, pointer);
      return frames.isWaiting ? machine.standStill(read) : read();
    }),
    emscripten_console_log: () => undefined,
    emscripten_console_warn: () => undefined,
    emscripten_console_error: () => undefined,
    emscripten_out: () => undefined,
    emscripten_err: () => undefined,
  };
}

function grow(machine: Machine, wanted: number): boolean {
  const { heap } = machine;
  const room = machine.limit - machine.files.kept;
  if (wanted > room) {
    machine.refused = true;
    return false;
  }
  const target = Math.min(room, Math.max(wanted, heap.bytes.length + GROWTH_STEP));
  const pages = Math.ceil((target - heap.bytes.length) / PAGE_BYTES);
  try {
    heap.memory.grow(pages);
  } catch {
    machine.refused = true;
    return false;
  }
  renew(heap);
  return true;
}
