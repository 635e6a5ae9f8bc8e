/**
 * The bake: boots CPython, has it run the prelude, and writes what it then is as the data of the package `baton-runtime-python`. The same inputs make the
 * same bytes; the manifest carries the hash of each file, and the hash of the inputs by which a bake is known to be fresh.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { boot, LIBRARY, PINNED_SECONDS, type Booted } from "./boot.ts";
import { rewrite } from "./rewrite.ts";
import { readZones } from "./zones.ts";

export interface BakeFolders {
  /** Of the package of Python's data. */
  readonly package: string;
  readonly pyodide: string;
}

const PRELUDE = fileURLToPath(new URL("../prelude", import.meta.url));
const WARM_ZONES = ["UTC", "America/New_York", "Europe/Berlin"];
/** V8's stack is not Python's: C that recurses deeper than this becomes a RecursionError before V8's end is reached. */
const C_STACK_BYTES = 96 * 1024;

export function findFolders(root: string): BakeFolders {
  const folder = join(root, "packages/python");
  const pyodide = dirname(createRequire(join(folder, "package.json")).resolve("pyodide/package.json"));
  return { package: folder, pyodide };
}

/** Of everything that the bake reads. */
function hashInputs(folders: BakeFolders): string {
  const hash = createHash("sha256").update(process.version);
  const own = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts"));
  for (const name of own.sort()) hash.update(name).update(readFileSync(join(import.meta.dirname, name)));
  for (const [name, source] of preludeFiles()) hash.update(name).update(source);
  hash.update(readFileSync(join(folders.pyodide, "package.json")));
  return hash.update(readFileSync(zonesFile(folders))).digest("hex");
}

export function isFresh(folders: BakeFolders): boolean {
  const manifest = join(folders.package, "data/manifest.json");
  if (!existsSync(manifest)) return false;
  return (JSON.parse(readFileSync(manifest, "utf8")) as { inputs?: string }).inputs === hashInputs(folders);
}

/** Pins the clock and the randomness of the process that calls it: let it have one of its own. */
export async function bake(folders: BakeFolders): Promise<void> {
  const zones = readZones(zonesFile(folders));
  const warm = new Map(WARM_ZONES.map((name) => [name, zones.zones.get(name)!]));
  const booted = await boot({ folder: folders.pyodide, zones: warm });
  const names = JSON.stringify([...zones.zones.keys()].sort());
  booted.run(installer([...preludeFiles(), ["_baton.zone_names", `NAMES = ${names}\n`]]));
  protectStack(booted);
  const turn = booted.lookUp("_turn");
  const where = booted.lookUp("_where");
  new Int8Array(booted.memory.buffer)[booted.signalFlagAt] = 1;
  const { bytes, pages } = rewrite(readFileSync(join(folders.pyodide, "pyodide.asm.wasm")), booted);
  const facts = {
    turn,
    where,
    trampoline: booted.trampolineAt,
    addresses: booted.addresses,
    imports: WebAssembly.Module.imports(booted.module).map(({ module, name }) => [module, name]),
    libraryPath: LIBRARY,
    librarySeconds: PINNED_SECONDS,
  };
  write(folders, {
    "image.wasm": bytes,
    "trampoline.wasm": trampoline(folders),
    "library.zip": readFileSync(join(folders.pyodide, "python_stdlib.zip")),
    "zones.bin": zones.bytes,
    "facts.json": Buffer.from(JSON.stringify(facts)),
  }, pages); // prettier-ignore
}

function write(folders: BakeFolders, files: Readonly<Record<string, Buffer>>, pages: number): void {
  const data = join(folders.package, "data");
  mkdirSync(data, { recursive: true });
  const hashes: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(files)) {
    hashes[name] = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(data, name), bytes);
  }
  const manifest = {
    format: 1,
    python: "3.14.2",
    zones: "2026d",
    imageBytes: pages * 65_536,
    inputs: hashInputs(folders),
    files: hashes,
  };
  writeFileSync(join(data, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Calls a function of the table with fewer or more arguments than its type; Pyodide keeps it as text in its JavaScript. */
function trampoline({ pyodide }: BakeFolders): Buffer {
  const source = readFileSync(join(pyodide, "pyodide.asm.mjs"), "utf8");
  const found = /getWasmTrampolineModule\(\)\{[^}]*?"(0061736d[0-9a-f]+)"/.exec(source)?.[1];
  if (found === undefined) throw new Error("pyodide has no trampoline module where it used to be");
  return Buffer.from(found, "hex");
}

function protectStack({ exports, stackPointer }: Booted): void {
  const thread = exports["PyThreadState_Get"]!();
  const end = stackPointer.value - C_STACK_BYTES;
  exports["PyUnstable_ThreadState_SetStackProtection"]!(thread, end, C_STACK_BYTES);
}

const zonesFile = ({ package: folder }: BakeFolders): string => join(folder, "source/zones.bin.br");

/** Our own Python, by module name. */
function preludeFiles(): [string, string][] {
  const names = readdirSync(PRELUDE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));
  return names.sort().map((name) => {
    const path = name.slice(0, -3).replaceAll("\\", "/");
    const module = path.startsWith("site/") ? path.slice(5) : `_baton/${path}`;
    return [module.replaceAll("/", ".").replace(/\.__init__$/, ""), readFileSync(join(PRELUDE, name), "utf8")];
  });
}

/** Python that makes modules of those sources, loads the first and forgets how it did. */
function installer(files: readonly [string, string][]): string {
  const sources = Object.fromEntries(files);
  return `
import sys, json, builtins, importlib.abc, importlib.machinery
# An action may change the builtins of all modules; ours keep their own.
_own = dict(builtins.__dict__)
_sources = json.loads(${JSON.stringify(JSON.stringify(sources))})
_sources["_baton"] = ""
class _Prelude(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name not in _sources: return None
        package = any(other.startswith(name + ".") for other in _sources)
        return importlib.machinery.ModuleSpec(name, self, origin="<" + name + ">", is_package=package)
    def exec_module(self, module):
        module.__dict__["__builtins__"] = _own
        exec(compile(_sources[module.__name__], "<" + module.__name__ + ">", "exec", dont_inherit=True), module.__dict__)
_prelude = _Prelude()
sys.meta_path.insert(0, _prelude)
import requests, baton
from _baton.main import turn as _turn, where as _where
sys.meta_path.remove(_prelude)
del _sources, _prelude, _own
`;
}
