/**
 * One isolate, ready for one run: built-ins taken away, preludes in place, no line of any action run yet.
 * The scripts that every isolate starts with, and the actions, are compiled from V8's code cache after their first time.
 */
import type ivm from "isolated-vm";
import { ivm as isolatedVm } from "./addon.ts";
import type { Image, Rehearsal } from "../image.ts";
import { ACTION_FILE, composeBootstrap } from "./own-scripts.ts";

/** Every op that the guest's bootstrap knows, answered by the run that the isolate was given to. */
export type DoorHandler = (op: string, ...parts: unknown[]) => unknown;

export interface PreparedIsolate {
  readonly isolate: ivm.Isolate;
  readonly memoryMiB: number;
  /** Calls the guest's one `turn` function, for at most `timeoutMs`. */
  turn(timeoutMs: number, ...parts: unknown[]): void;
  /** Compiles an action's script to a function in this isolate, to be passed to `turn`. None of the action's code runs by that. */
  compile(script: CachedScript): unknown;
  /** Goes once through what a run goes through, with a script of ours. */
  rehearse(): void;
  /** Compiles ahead the script that is likely to come, and the parts that it is likely to load. */
  compileAhead(script: CachedScript): void;
  /** Evaluates a part inside the realm and gives its value, for a door to answer with. */
  loadPart(name: string, timeoutMs: number): unknown;
  /** Says who answers the guest from now on. */
  attach(handler: DoorHandler): void;
  heapBytes(): number;
  /** Where the guest stands that waits, as its runner's errors name places; null where that cannot be asked. */
  whereItWaits(): string | null;
  /** Ends it. What takes its time may be left for `release`. */
  dispose(): void;
  /** Gives back what it holds; called when the host knows that its run is gone. */
  release(): void;
}

const NO_PARTS: Set<string> = new Set();

/** Source text with the code cache that its first compilation left. */
export class CachedScript {
  readonly code: string;
  /** Parts that its latest run loaded, by name: the next one is likely to load the same. */
  parts: Set<string> = NO_PARTS;
  readonly #filename: string;
  #cache: ivm.ExternalCopy<ArrayBuffer> | undefined;

  constructor(code: string, filename: string) {
    this.code = code;
    this.#filename = filename;
  }

  compile(isolate: ivm.Isolate): ivm.Script {
    if (this.#cache) return isolate.compileScriptSync(this.code, { filename: this.#filename, cachedData: this.#cache });
    const script = isolate.compileScriptSync(this.code, { filename: this.#filename, produceCachedData: true });
    this.#cache = (script as { cachedData?: ivm.ExternalCopy<ArrayBuffer> }).cachedData;
    return script;
  }
}

export type IsolateFactory = (memoryMiB: number) => PreparedIsolate;

export function cacheAction(code: string): CachedScript {
  return new CachedScript(code, ACTION_FILE);
}

/** Makes isolates of guest scripts: the runner of images that bring nothing but those. */
export function createScriptFactory(image: Image): IsolateFactory {
  const bootstrap = new CachedScript(composeBootstrap(image), "baton:bootstrap");
  const parts = new Map(
    Object.entries(image.parts).map(([name, code]) => [name, new CachedScript(code, `baton:part/${name}`)]),
  );
  const rehearsal = image.rehearsal && prepareRehearsal(image.rehearsal);
  const isText = image.loader !== null;
  return (memoryMiB) => prepare({ bootstrap, parts, rehearsal, isText }, memoryMiB);
}

interface OwnScripts {
  readonly bootstrap: CachedScript;
  readonly parts: ReadonlyMap<string, CachedScript>;
  readonly rehearsal: PreparedRehearsal | null;
  /** Whether artifacts are text for the image's loader, not scripts for V8. */
  readonly isText: boolean;
}

interface PreparedRehearsal {
  readonly script: CachedScript;
  readonly data: string;
  readonly input: string;
  readonly answer: string;
}

function prepareRehearsal({ code, entryPoint, input, preludeData, answer }: Rehearsal): PreparedRehearsal {
  return {
    script: new CachedScript(code, "baton:rehearsal"),
    data: JSON.stringify({ entryPoints: [entryPoint], preludeData, argumentChars: 65_536, returnChars: 65_536 }),
    input: JSON.stringify(input),
    answer: JSON.stringify({ ok: true, value: answer }),
  };
}

/**
 * A guest may call from the end of a recursion, and this thread's stack is the guest's too. So it is asked first for more than an answer
 * takes: without room this throws, before a frame is half written, and the guest's side makes it an error of its own.
 */
const ROOM = Array.from({ length: 2_048 }) as [];
// oxlint-disable-next-line no-empty-function -- its arguments are what takes the room
function needRoom(): void {}

function prepare({ bootstrap, parts, rehearsal, isText }: OwnScripts, memoryMiB: number): PreparedIsolate {
  const isolate = new isolatedVm.Isolate({ memoryLimit: memoryMiB });
  const context = isolate.createContextSync();
  let handler: DoorHandler = () => undefined;
  const door = new isolatedVm.Callback((op: string, ...rest: unknown[]) => {
    needRoom.apply(undefined, ROOM);
    return handler(op, ...rest);
  });
  const run = (compiled: ivm.Script, timeout?: number): ivm.Reference =>
    compiled.runSync(context, { reference: true, ...(timeout === undefined ? {} : { timeout }) }) as ivm.Reference;
  const evaluate = (script: CachedScript): ivm.Reference => run(script.compile(isolate));
  let ahead: { readonly script: CachedScript; readonly compiled: ivm.Reference } | undefined;
  const partsAhead = new Map<string, ivm.Script>();
  let played: CachedScript | undefined;
  const open = evaluate(bootstrap);
  const turn = open.applySync(undefined, [door], { result: { reference: true } }) as ivm.Reference;
  return {
    isolate,
    memoryMiB,
    turn: (timeoutMs, ...rest) => void turn.applySync(undefined, rest.map(toGuest), { timeout: timeoutMs }),
    compile: (script) => {
      played = script;
      script.parts = new Set();
      return isText ? script.code : (ahead?.script === script ? ahead.compiled : evaluate(script)).derefInto();
    },
    rehearse: () => {
      if (rehearsal === null) return;
      handler = (op) => (op === "call" ? rehearsal.answer : undefined);
      const script = isText ? rehearsal.script.code : evaluate(rehearsal.script).derefInto();
      turn.applySync(undefined, ["rehearse", rehearsal.data, script, rehearsal.input]);
      handler = () => undefined;
    },
    compileAhead: (script) => {
      if (!isText) ahead = { script, compiled: evaluate(script) };
      // Not evaluated: it takes the built-ins as it finds them, and is to find those of the moment in which it is loaded.
      for (const name of script.parts) partsAhead.set(name, parts.get(name)!.compile(isolate));
    },
    loadPart: (name, timeoutMs) => {
      const part = parts.get(name);
      if (part === undefined) return undefined;
      played?.parts.add(name);
      return run(partsAhead.get(name) ?? part.compile(isolate), timeoutMs).derefInto();
    },
    attach: (next) => {
      handler = next;
    },
    heapBytes: () => {
      const heap = isolate.getHeapStatisticsSync();
      return heap.used_heap_size + heap.externally_allocated_size;
    },
    whereItWaits: () => null,
    dispose: () => {
      handler = () => undefined;
      if (!isolate.isDisposed) isolate.dispose();
    },
    // oxlint-disable-next-line no-empty-function -- disposed, it holds nothing
    release: () => {},
  };
}

/** Byte arrays are copied into the isolate; everything else crosses as it is. */
function toGuest(part: unknown): unknown {
  return part instanceof Uint8Array ? new isolatedVm.ExternalCopy(part).copyInto({ release: true }) : part;
}
