/**
 * All the JavaScript in an isolate that holds Python: makes one instance of the baked interpreter, takes away what it was made with, and plays one
 * run. No code of any action can reach it; an action's Python is data to WebAssembly, and WebAssembly calls nothing but the shims.
 */
import { createPythonClock } from "./clock.ts";
import type { ImageFacts, PythonDoor, Start } from "./door.d.ts";
import { Files } from "./files.ts";
import { Frames } from "./frames.ts";
import { type Heap, viewHeap } from "./heap.ts";
import { createImports, type Machine } from "./shims.ts";

const FORBIDDEN = ["WebAssembly", "SharedArrayBuffer", "Atomics"];
/** What the function that says where a run stands may take beyond the run's limit. */
const LAST_WORDS_BYTES = 1_048_576;

const BROKEN = "the action broke the interpreter that ran it";

/** `at` is the clock of a run that is recorded. */
type Turn = (
  kind: string,
  first?: unknown,
  second?: unknown,
  third?: unknown,
  fourth?: unknown,
  at?: unknown,
) => unknown;

// oxlint-disable-next-line eslint/max-lines-per-function -- the start of a program of Python: each step needs those before it
export default function glue(
  engine: WebAssembly.Module,
  trampoline: WebAssembly.Module,
  factsJson: string,
  door: PythonDoor,
): Turn {
  const facts = JSON.parse(factsJson) as ImageFacts;
  const { Instance, promising } = WebAssembly;
  const clock = createPythonClock(null, null);
  // The memory is the instance's own, and the imports that use it come before the instance.
  const heap = {} as Heap;
  let wake: (() => void) | null = null;
  const machine: Machine = {
    heap,
    files: new Files({
      libraryPath: facts.libraryPath,
      librarySeconds: facts.librarySeconds,
      resource: (name) => door("resource", name),
      admits: (bytes) => heap.bytes.length + machine.files.kept + bytes <= machine.limit,
      now: () => machine.frames.clock.now(),
    }),
    frames: new Frames(heap, door, clock),
    door,
    limit: 0,
    refused: false,
    deadline: Infinity,
    table: () => table,
    standStill: (read) =>
      new Promise((resolve) => {
        wake = () => resolve(read());
      }),
  };
  const instance = new Instance(engine, createImports(facts, machine));
  const exports = instance.exports as Record<string, (...values: number[]) => number>;
  const table = instance.exports["__indirect_function_table"] as WebAssembly.Table;
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  Object.assign(heap, viewHeap(memory));
  const imageBytes = heap.bytes.length;
  machine.limit = imageBytes;
  // Where the C stack begins and ends is kept in globals of WebAssembly, which no memory image carries.
  exports["emscripten_stack_init"]!();
  const helper = new Instance(trampoline, { env: { __indirect_function_table: table, memory } });
  table.set(facts.trampoline, helper.exports["trampoline_call"]);
  for (const name of FORBIDDEN) Reflect.deleteProperty(globalThis, name);
  const call = exports["PyObject_CallNoArgs"]!;
  const enter = promising(call);

  const play = (start: Start, data: Uint8Array): void => {
    machine.frames.begin(data, createPythonClock(start.now, start.seed, start.at), start.lasts);
    machine.limit = imageBytes + start.memoryBytes;
    machine.refused = false;
    setDeadline(start.softMs);
    enter(facts.turn).then(
      // It is over, and where Python did not say how, the action broke what says it.
      () => door("fault", "SystemError", BROKEN),
      (fault: unknown) => {
        const { name, message } = fault as Error;
        door("fault", name, message);
      },
    );
  };
  const setDeadline = (softMs: number): void => {
    machine.frames.hostMs = 0;
    machine.deadline = Date.now() + softMs;
  };
  const goOn = (resumed: boolean, softMs: number): void => {
    if (!resumed) return;
    const woken = wake;
    wake = null;
    setDeadline(softMs);
    woken?.();
  };
  /** After a fault nothing was unwound, so the frames that stood are still there to be asked. */
  const tellWhere = (): void => {
    machine.frames.forget();
    machine.deadline = Infinity;
    machine.limit += LAST_WORDS_BYTES;
    try {
      exports["PyGILState_Ensure"]!();
      exports["PyErr_Clear"]!();
    } catch {
      // A broken interpreter may still say where it stood.
    }
    call(facts.where);
  };

  return (kind, first, second, third, fourth, at) => {
    if (kind === "answer" || kind === "timer") machine.frames.clock.set(at as number | undefined);
    switch (kind) {
      case "start":
        return play(JSON.parse(first as string) as Start, new Uint8Array(second as ArrayBuffer));
      case "answer": {
        const text = new Uint8Array(second as ArrayBuffer);
        const bytes = third === undefined ? undefined : new Uint8Array(third as ArrayBuffer);
        return goOn(machine.frames.takeAnswer(first as number, text, bytes), fourth as number);
      }
      case "timer":
        return goOn(machine.frames.takeTimer(first as number, second as number), fourth as number);
      case "where":
        return tellWhere();
      case "refused":
        return machine.refused;
      case "size":
        return heap.bytes.length - imageBytes + machine.files.kept;
      default:
        return undefined;
    }
  };
}
