/**
 * A guest in a context of node:vm: the bootstrap, the preludes and the door of every isolate, in a realm beside this process's own. It is no wall:
 * what it is for is that Node's inspector sees the action.
 */
import { types } from "node:util";
import { type Context, Script, compileFunction, constants, createContext } from "node:vm";
import type { Image } from "../../sandbox/image.ts";
import type { DoorHandler, PreparedIsolate } from "../../sandbox/worker/isolate.ts";
import { ACTION_FILE, composeBootstrap } from "../../sandbox/worker/own-scripts.ts";
import type { GuestInspector } from "./inspector.ts";
import { TurnEnded, type TurnRunner } from "./turn-runner.ts";

/** A script in the realm of one run. */
interface Placed {
  readonly script: Script;
  readonly realm: Context;
  /** What the script evaluates to. */
  readonly value: unknown;
}

/**
 * An action's script. V8 announces a script to its debuggers each time it is put into a context, and they then set its breakpoints once more: so under a
 * debugger each run has a script of its own, by the same URL. They forget a script with its context: so the last one stays.
 */
export class DebugScript {
  /** What a debugger calls it. */
  readonly url: string;
  readonly #code: string;
  #last: Placed;
  #isTaken = false;

  /** Announces the script to the debuggers that are there. */
  constructor(code: string, url: string) {
    this.#code = code;
    this.url = url;
    this.#last = place(this.#compile());
  }

  /** For one run. */
  take(isDebugged: boolean): Placed {
    if (this.#isTaken) this.#last = place(isDebugged ? this.#compile() : this.#last.script);
    this.#isTaken = true;
    return this.#last;
  }

  #compile(): Script {
    return new Script(this.#code, { filename: this.url });
  }
}

function place(script: Script): Placed {
  const realm = createContext(constants.DONT_CONTEXTIFY, { name: "action", microtaskMode: "afterEvaluate" });
  return { script, realm, value: script.runInContext(realm) };
}

export interface GuestParts {
  readonly image: Image;
  readonly action: DebugScript;
  readonly turns: TurnRunner;
  readonly inspector: GuestInspector;
  readonly cpuMs: number;
}

type Turn = (...parts: unknown[]) => void;
type Door = (op: string, ...parts: unknown[]) => unknown;
/** What debug/guest/uncaught.ts gives. */
interface Uncaught {
  script(script: unknown): unknown;
  bridge(part: unknown): unknown;
}
type LeaveUncaught = (onFailed: (phase: "loading" | "running") => void) => Uncaught;

/** Like the stack of an isolate's thread: see sandbox/worker/isolate.ts. */
const ROOM = Array.from({ length: 2_048 }) as [];
// oxlint-disable-next-line no-empty-function -- its arguments are what takes the room
function needRoom(): void {}

const DRAIN = new Script("", { filename: "baton:drain" });
const BYTES = new Script("Uint8Array", { filename: "baton:bytes" });
const OUT_OF_MEMORY = "memory limit";
/** The name of the part in debug/image.ts, which is the host's file. */
const UNCAUGHT_PART = "debug-uncaught";
/** The sandbox's, which has the timers. */
const BRIDGE_PART = "bridge";
/** What is still answered once something was thrown that ends the run. */
const LAST_OPS: ReadonlySet<string> = new Set(["threw", "load_part"]);

export class ContextGuest implements PreparedIsolate {
  readonly isolate: PreparedIsolate["isolate"];
  #isDisposed = false;
  readonly memoryMiB = 0;
  readonly #parts: GuestParts;
  readonly #placed: Placed;
  /** The guest's own class of byte arrays. */
  readonly #Bytes: Uint8ArrayConstructor;
  readonly #turn: Turn;
  #handler: DoorHandler = () => undefined;
  #cpuUsedMs = 0;
  #uncaught: Uncaught | null = null;
  /** Where the error was thrown that is on its way to the bootstrap. */
  #failedWhile: string | null = null;

  constructor(parts: GuestParts, bootstrap: Script) {
    this.#parts = parts;
    this.#placed = parts.action.take(parts.inspector.isOpen);
    const isDisposed = (): boolean => this.#isDisposed;
    this.isolate = {
      get isDisposed() {
        return isDisposed();
      },
    } as PreparedIsolate["isolate"];
    this.#Bytes = BYTES.runInContext(this.#placed.realm) as Uint8ArrayConstructor;
    const open = bootstrap.runInContext(this.#placed.realm) as (door: Door) => Turn;
    this.#turn = open((op, ...rest) => this.#answer(op, rest));
  }

  turn(timeoutMs: number, ...parts: unknown[]): void {
    const { turns, inspector, cpuMs } = this.#parts;
    const [kind, handle] = parts;
    const given = parts.map((part) => this.#toGuest(part));
    const before = turns.watch.cpuMs();
    try {
      turns.run({ wallMs: timeoutMs, cpuMs: Math.max(1, cpuMs - this.#cpuUsedMs) }, () => {
        inspector.continueTask(kind, handle, () => this.#turn(...given));
        DRAIN.runInContext(this.#placed.realm);
      });
    } catch (error) {
      throw this.#inOwnWords(error);
    } finally {
      this.#cpuUsedMs += turns.watch.cpuMs() - before;
    }
  }

  compile(): unknown {
    const { value } = this.#placed;
    return this.#guard === null ? value : this.#guard.script(value);
  }

  loadPart(name: string): unknown {
    const part = this.#load(name);
    return name !== BRIDGE_PART || this.#guard === null ? part : this.#guard.bridge(part);
  }

  /** What keeps the action's errors uncaught where a debugger may look. */
  get #guard(): Uncaught | null {
    if (!this.#parts.inspector.isOpen) return null;
    return (this.#uncaught ??= (this.#load(UNCAUGHT_PART) as LeaveUncaught)((phase) => {
      this.#failedWhile ??= phase;
    }));
  }

  #load(name: string): unknown {
    const code = this.#parts.image.parts[name];
    if (code === undefined) return undefined;
    // A script would play the guest's microtasks in the middle of its turn.
    const load = compileFunction(`return ${code}`, [], {
      filename: `baton:part/${name}`,
      parsingContext: this.#placed.realm,
    });
    return (load as () => unknown)();
  }

  attach(handler: DoorHandler): void {
    this.#handler = handler;
  }

  heapBytes(): number {
    return process.memoryUsage().heapUsed;
  }

  whereItWaits(): string | null {
    return null;
  }

  dispose(): void {
    this.#handler = () => undefined;
    this.#isDisposed = true;
  }

  // The three below are an isolate's that is made ahead.
  // oxlint-disable-next-line no-empty-function -- it holds nothing
  release(): void {}
  // oxlint-disable-next-line no-empty-function -- nothing is made ahead here
  rehearse(): void {}
  // oxlint-disable-next-line no-empty-function -- nothing is made ahead here
  compileAhead(): void {}

  #answer(op: string, rest: readonly unknown[]): unknown {
    needRoom.apply(undefined, ROOM);
    const { inspector, turns } = this.#parts;
    if (this.#failedWhile !== null && !LAST_OPS.has(op)) return undefined;
    const given = rest.map(toHost);
    if (this.#failedWhile !== null && op === "threw") given[0] = this.#failedWhile;
    if (op === "log") inspector.showLog(given[0], given[1]);
    if (op === "schedule" || op === "call_async") inspector.beginTask(op, given[0], given[1]);
    const answer =
      op === "call" ? turns.watch.whileHostAnswers(() => this.#handler(op, ...given)) : this.#handler(op, ...given);
    return this.#toGuest(answer);
  }

  #toGuest(part: unknown): unknown {
    if (part instanceof Uint8Array) return new this.#Bytes(part);
    if (typeof part !== "object" || part === null || !("bytes" in part)) return part;
    return { ...part, bytes: this.#toGuest(part.bytes) };
  }

  /** What V8 says of a turn that it cut off, as an isolate does. */
  #inOwnWords(error: unknown): unknown {
    if (!(error instanceof TurnEnded)) return error;
    const { limit = null, stack = null } = error.cut ?? {};
    const place = this.#named(stack ?? "");
    if (limit === "memory") return Object.assign(new Error(OUT_OF_MEMORY), { place });
    error.stack = place;
    return error;
  }

  /** The frames of the action's own script, under the name that it has in every isolate. */
  #named(stack: string): string {
    const { url } = this.#parts.action;
    const lines = stack.split("\n").filter((line, at) => at === 0 || line.includes(`${url}:`));
    return lines.join("\n").replaceAll(`${url}:`, `${ACTION_FILE}:`);
  }
}

export function compileBootstrap(image: Image): Script {
  return new Script(composeBootstrap(image), { filename: "baton:bootstrap" });
}

/** Of whatever realm it is. */
function toHost(part: unknown): unknown {
  return types.isUint8Array(part) ? new Uint8Array(part) : part;
}
