/**
 * CPython booted once at build time, from Pyodide's WebAssembly, as far as it runs without Pyodide's own Python and JavaScript: no `js`, no proxies.
 * Its clock and its entropy are pinned, so that two bakes of the same inputs are the same byte for byte.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

/** Where the standard library lies in the image's own file system, and the time that all its files carry. */
export const LIBRARY = "/lib/python314.zip";
export const PINNED_SECONDS = 1_700_000_000;
const PINNED_MS = PINNED_SECONDS * 1_000;
const ZONES = "/usr/share/zoneinfo/";

export type WasmFunction = (...values: number[]) => number;

export interface Booted {
  readonly module: WebAssembly.Module;
  readonly exports: Readonly<Record<string, WasmFunction>>;
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly stackPointer: WebAssembly.Global;
  /** The table's length before anything was loaded into it. */
  readonly freshTable: number;
  /** What the dynamic linker put where the module asks for the address of a function. */
  readonly addresses: Readonly<Record<string, number>>;
  /** Where the interpreter keeps the table index of the function that calls with any number of arguments. */
  readonly trampolineAt: number;
  /** Address of the flag that has the interpreter look for signals. */
  readonly signalFlagAt: number;
  /** Runs Python source in `__main__`. */
  run(source: string): void;
  /** Address of a global of `__main__`. */
  lookUp(name: string): number;
}

interface EmscriptenModule {
  readonly FS: {
    mkdirTree(path: string): void;
    writeFile(path: string, bytes: Uint8Array): void;
    utime(path: string, read: number, written: number): void;
  };
  readonly ENV: Record<string, string>;
  readonly API: Record<string, unknown>;
  readonly __PyRuntime: number;
  readonly __PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET: number;
  readonly _Py_EMSCRIPTEN_SIGNAL_HANDLING: number;
  stringToNewUTF8(text: string): number;
}

type Create = (options: Record<string, unknown>) => Promise<EmscriptenModule>;

/** Two functions of Pyodide's JavaScript errors, which need a module of their own; they are never called here. */
const ERROR_MODULE =
  "AGFzbQEAAAABDANfAGAAAW9gAW8BfwMDAgECBygCE0pzdl9HZXRFcnJvcl9pbXBvcnQAAA5Kc3ZFcnJvcl9DaGVjawABChMCBwD7AQD7GwsJACAA+xr7FAAL";

export interface BootOptions {
  /** Of the npm package `pyodide`. */
  readonly folder: string;
  /** The zones that the prelude reads while it warms up, by name. */
  readonly zones: ReadonlyMap<string, Buffer>;
}

export async function boot({ folder, zones }: BootOptions): Promise<Booted> {
  pinProcess();
  const module = new WebAssembly.Module(readFileSync(join(folder, "pyodide.asm.wasm")));
  const errors = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(ERROR_MODULE, "base64")));
  const { default: create } = (await import(pathToFileURL(join(folder, "pyodide.asm.mjs")).href)) as {
    default: Create;
  };
  let instance: WebAssembly.Instance | undefined;
  let imports: WebAssembly.Imports = {};
  let freshTable = 0;
  const emscripten = await create({
    API: { config: { env: {}, jsglobals: globalThis }, runtimeEnv: { IN_NODE: true, IN_NODE_ESM: true } },
    noImageDecoding: true,
    noAudioDecoding: true,
    noWasmDecoding: false,
    thisProgram: "/python",
    arguments: ["-I"],
    // oxlint-disable-next-line no-console -- the output of a prelude that fails is for the developer who bakes
    print: (line: string) => console.error(line),
    // oxlint-disable-next-line no-console -- as above
    printErr: (line: string) => console.error(line),
    instantiateWasm(
      given: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) {
      imports = given;
      Object.assign(given["env"]!, errors.exports);
      pinImports(given, () => new DataView((instance!.exports["memory"] as WebAssembly.Memory).buffer));
      instance = new WebAssembly.Instance(module, given);
      freshTable = (instance.exports["__indirect_function_table"] as WebAssembly.Table).length;
      done(instance, module);
      return {};
    },
    preRun: [(started: EmscriptenModule) => fillFileSystem(started, folder, zones)],
  });
  return opened(module, instance!, imports, freshTable, emscripten);
}

function opened(
  module: WebAssembly.Module,
  instance: WebAssembly.Instance,
  imports: WebAssembly.Imports,
  freshTable: number,
  emscripten: EmscriptenModule,
): Booted {
  const exports = instance.exports as unknown as Readonly<Record<string, WasmFunction>>;
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  const addresses: Record<string, number> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from.startsWith("GOT")) addresses[name] = (imports[from]![name] as WebAssembly.Global).value;
  }
  const word = (at: number): number => new DataView(memory.buffer).getInt32(at, true);
  return {
    module,
    exports,
    memory,
    table: instance.exports["__indirect_function_table"] as WebAssembly.Table,
    stackPointer: instance.exports["__stack_pointer"] as WebAssembly.Global,
    freshTable,
    addresses,
    trampolineAt: word(emscripten.__PyRuntime + word(emscripten.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET)),
    signalFlagAt: emscripten._Py_EMSCRIPTEN_SIGNAL_HANDLING,
    run(source) {
      const text = emscripten.stringToNewUTF8(source);
      const failed = exports["PyRun_SimpleString"]!(text) !== 0;
      exports["free"]!(text);
      if (failed) throw new Error("the prelude failed; see above");
    },
    lookUp(name) {
      const main = exports["PyImport_ImportModule"]!(emscripten.stringToNewUTF8("__main__"));
      return exports["PyObject_GetAttrString"]!(main, emscripten.stringToNewUTF8(name)) >>> 0;
    },
  };
}

/** Emscripten's own JavaScript reads these; the bake runs in a process of its own. */
function pinProcess(): void {
  Date.now = () => PINNED_MS;
  Math.random = () => 0.5;
  performance.now = () => 1_000;
}

function pinImports(imports: WebAssembly.Imports, view: () => DataView): void {
  let tick = 0;
  let seed = 1;
  const environment = imports["env"]!;
  const wasi = imports["wasi_snapshot_preview1"]!;
  const wallMs = (): number => PINNED_MS + tick++ / 1_000;
  const monotonicMs = (): number => 1_000 + tick++ / 1_000;
  environment["emscripten_date_now"] = wallMs;
  // Emscripten would call the one zone that C knows "UTC-0000".
  environment["_tzset_js"] = (offset: number, hasSummer: number, name: number, summerName: number) => {
    view().setInt32(offset >>> 0, 0, true);
    view().setInt32(hasSummer >>> 0, 0, true);
    for (const at of [name, summerName])
      Buffer.from("UTC\0").forEach((byte, index) => view().setUint8((at >>> 0) + index, byte));
  };
  environment["emscripten_get_now"] = monotonicMs;
  wasi["clock_time_get"] = (clock: number, _precision: bigint, at: number) => {
    const milliseconds = clock === 0 ? wallMs() : monotonicMs();
    view().setBigInt64(at >>> 0, BigInt(Math.round(milliseconds * 1e3)) * 1_000n, true);
    return 0;
  };
  wasi["random_get"] = (at: number, length: number) => {
    for (let index = 0; index < length; index += 1) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) | 0;
      view().setUint8((at >>> 0) + index, (seed >>> 16) & 255);
    }
    return 0;
  };
}

function fillFileSystem({ FS, ENV, API }: EmscriptenModule, folder: string, zones: BootOptions["zones"]): void {
  FS.mkdirTree("/lib/python3.14/site-packages");
  FS.mkdirTree("/lib/python3.14/lib-dynload");
  FS.mkdirTree("/home");
  FS.writeFile(LIBRARY, readFileSync(join(folder, "python_stdlib.zip")));
  FS.utime(LIBRARY, PINNED_MS, PINNED_MS);
  for (const [zone, bytes] of zones) {
    const path = ZONES + zone;
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, bytes);
  }
  API["pyVersionTuple"] = [3, 14, 2];
  Object.assign(ENV, { HOME: "/tmp", PYTHONHASHSEED: "0", TZ: "UTC", LANG: "en_US.UTF-8" });
}
