/**
 * The booted interpreter written down as a WebAssembly module of its own: its data section is the heap as it stands, its stack pointer and its table
 * are where the boot left them, and of 8,560 exports a dozen remain. What instantiates it starts where the prelude ended.
 */
import type { Booted } from "./boot.ts";
import {
  constant,
  name,
  Reader,
  readSections,
  SECTION,
  type Section,
  unsigned,
  vector,
  writeSections,
} from "./wasm-file.ts";

/** All that the glue asks of the module. */
const KEPT_EXPORTS = [
  "memory",
  "__indirect_function_table",
  "__stack_pointer",
  "PyObject_CallNoArgs",
  "PyErr_Clear",
  "PyGILState_Ensure",
  "emscripten_stack_init",
];
const PAGE_BYTES = 65_536;
/** What an instance may grow by at most; the run's own limit is lower, and kept by the glue. */
const GROWTH_PAGES = (1024 * 1024 * 1024) / PAGE_BYTES;
/** V8 takes 100,000 data segments at most. */
const MAX_SEGMENTS = 90_000;
const FIRST_GAP = 64;

export interface Rewritten {
  readonly bytes: Buffer;
  readonly pages: number;
}

export function rewrite(file: Buffer, booted: Booted): Rewritten {
  const sections = readSections(file);
  const heap = Buffer.from(new Uint8Array(booted.memory.buffer));
  const pages = heap.length / PAGE_BYTES;
  const exported = readExports(bodyOf(sections, SECTION.export));
  const replaced = new Map<number, Buffer>([
    [SECTION.export, exportSection(exported)],
    [SECTION.memory, vector([Buffer.concat([Buffer.from([1]), unsigned(pages), unsigned(pages + GROWTH_PAGES)])])],
    [SECTION.global, globalSection(bodyOf(sections, SECTION.global), booted.stackPointer.value)],
    [SECTION.data, dataSection(heap)],
    [SECTION.table, tableSection(bodyOf(sections, SECTION.table), booted.table.length)],
    [SECTION.element, elementSection(bodyOf(sections, SECTION.element), booted, exported)],
  ]);
  const dropped: readonly number[] = [SECTION.custom, SECTION.start, SECTION.dataCount];
  const bytes = writeSections(
    sections.filter(({ id }) => !dropped.includes(id)).map(({ id, body }) => ({ id, body: replaced.get(id) ?? body })),
  );
  return { bytes, pages };
}

type Exports = ReadonlyMap<string, { readonly kind: number; readonly index: number }>;

function bodyOf(sections: readonly Section[], id: number): Buffer {
  const found = sections.find((section) => section.id === id);
  if (found === undefined) throw new Error(`the module has no section ${id}`);
  return found.body;
}

function readExports(body: Buffer): Exports {
  const reader = new Reader(body);
  const exported = new Map<string, { kind: number; index: number }>();
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    exported.set(reader.name(), { kind: reader.byte(), index: reader.unsigned() });
  }
  return exported;
}

function exportSection(exported: Exports): Buffer {
  return vector(
    KEPT_EXPORTS.map((kept) => {
      const { kind, index } = exported.get(kept)!;
      return Buffer.concat([name(kept), Buffer.from([kind]), unsigned(index)]);
    }),
  );
}

/** The first global is the stack pointer; the others are as they were. */
function globalSection(body: Buffer, stackPointer: number): Buffer {
  const reader = new Reader(body);
  const globals: Buffer[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const from = reader.at;
    const type = [reader.byte(), reader.byte()];
    const operation = reader.byte();
    if (operation === 0x41) reader.signed();
    else if (operation === 0x23) reader.unsigned();
    else throw new Error(`a global begins with operation ${operation}`);
    reader.byte();
    globals.push(
      globals.length === 0
        ? Buffer.concat([Buffer.from(type), constant(stackPointer)])
        : body.subarray(from, reader.at),
    );
  }
  return vector(globals);
}

/** Stretches of the heap that are not zero; short gaps of zeros cost less than a segment. */
function dataSection(heap: Buffer): Buffer {
  let segments: [number, number][] = [];
  for (let gap = FIRST_GAP; segments.length === 0 || segments.length > MAX_SEGMENTS; gap *= 4) {
    segments = stretches(heap, gap);
  }
  return vector(
    segments.map(([from, to]) =>
      Buffer.concat([Buffer.from([0]), constant(from), unsigned(to - from), heap.subarray(from, to)]),
    ),
  );
}

function stretches(heap: Buffer, gap: number): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 0; at < heap.length;) {
    if (heap[at] === 0) {
      at += 1;
      continue;
    }
    let end = at + 1;
    for (let next = end; next < heap.length && next - end <= gap; next += 1) if (heap[next] !== 0) end = next + 1;
    found.push([at, end]);
    at = end;
  }
  return found;
}

function tableSection(body: Buffer, length: number): Buffer {
  const reader = new Reader(body);
  const tables: Buffer[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const type = reader.byte();
    const { flags, min, max } = reader.limits();
    const least = tables.length === 0 ? length : min;
    tables.push(
      Buffer.concat([Buffer.from([type, flags]), unsigned(least), max === null ? Buffer.alloc(0) : unsigned(max)]),
    );
  }
  return vector(tables);
}

/** The functions whose addresses the dynamic linker added to the table come along as further segments. */
function elementSection(body: Buffer, { table, freshTable, exports, addresses }: Booted, exported: Exports): Buffer {
  const names = new Map<unknown, string>();
  for (const [name, value] of Object.entries(exports)) if (typeof value === "function") names.set(value, name);
  const used = new Set(Object.values(addresses));
  const runs: { readonly at: number; readonly functions: number[] }[] = [];
  for (let at = freshTable; at < table.length; at += 1) {
    const name = used.has(at) ? names.get(table.get(at)) : undefined;
    if (name === undefined) continue;
    const last = runs.at(-1);
    const { index } = exported.get(name)!;
    if (last !== undefined && last.at + last.functions.length === at) last.functions.push(index);
    else runs.push({ at, functions: [index] });
  }
  const reader = new Reader(body);
  if (reader.unsigned() !== 1) throw new Error("the module has more than one element segment");
  const added = runs.map(({ at, functions }) =>
    Buffer.concat([Buffer.from([0]), constant(at), vector(functions.map((index) => unsigned(index)))]),
  );
  return vector([body.subarray(reader.at), ...added]);
}
