/** A few compile processes, started when first needed, each with one compile at a time; the rest waits in order. */
import type { CompileRequest } from "./compile-messages.ts";
import { startCompileProcess } from "./compile-process.ts";
import type { CompileAnswer, CompileProcess } from "./compile-process.ts";
import { HostFault } from "./errors.ts";

export interface CompilePoolOptions {
  readonly processes: number;
  readonly idleMs: number;
  readonly memoryBytes: number;
}

interface Waiting {
  readonly request: CompileRequest;
  readonly milliseconds: number;
  readonly resolve: (answer: CompileAnswer) => void;
  readonly reject: (fault: HostFault) => void;
}

export class CompilePool {
  readonly #options: CompilePoolOptions;
  readonly #queue: Waiting[] = [];
  readonly #busy = new Set<CompileProcess>();
  readonly #idle = new Map<CompileProcess, NodeJS.Timeout>();
  readonly #dying = new Set<Promise<void>>();
  #closed = false;

  constructor(options: CompilePoolOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  compile(request: CompileRequest, milliseconds: number): Promise<CompileAnswer> {
    if (this.#closed) return Promise.reject(closedFault());
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, milliseconds, resolve, reject });
      this.#lend();
    });
  }

  /** One that stands by; where it cannot be started, the first compile will say so. */
  startAhead(): void {
    if (this.#closed || this.#busy.size + this.#idle.size > 0) return;
    const process = this.#start();
    if (process !== null) this.#standBy(process);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(closedFault());
    for (const timer of this.#idle.values()) clearTimeout(timer);
    for (const process of [...this.#idle.keys(), ...this.#busy]) this.#end(process);
    this.#idle.clear();
    await Promise.all(this.#dying);
  }

  #lend(): void {
    while (this.#queue.length > 0 && this.#busy.size < this.#options.processes) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      const process = this.#takeIdle() ?? this.#start();
      if (process === null) {
        waiting.resolve({ type: "unavailable" });
        continue;
      }
      this.#busy.add(process);
      void this.#serve(process, waiting);
    }
  }

  #start(): CompileProcess | null {
    try {
      return startCompileProcess(this.#options.memoryBytes);
    } catch {
      return null;
    }
  }

  /** The one used last: the others grow old and retire. */
  #takeIdle(): CompileProcess | null {
    for (const [process, timer] of [...this.#idle].reverse()) {
      clearTimeout(timer);
      this.#idle.delete(process);
      if (process.alive) return process;
    }
    return null;
  }

  async #serve(process: CompileProcess, waiting: Waiting): Promise<void> {
    const answer = await process.ask(waiting.request, waiting.milliseconds);
    this.#putBack(process);
    this.#lend();
    if (this.#closed) waiting.reject(closedFault());
    else waiting.resolve(answer);
  }

  #putBack(process: CompileProcess): void {
    this.#busy.delete(process);
    if (this.#closed || !process.alive) return;
    const retire = this.#standBy(process);
    // A process that one huge action has blown up is not kept.
    void process.residentBytes().then((bytes) => {
      if (bytes > this.#options.memoryBytes / 2) retire();
    });
  }

  /** Gives what ends it, unless it is busy by then. */
  #standBy(process: CompileProcess): () => void {
    const retire = (): void => {
      clearTimeout(this.#idle.get(process));
      if (this.#idle.delete(process)) this.#end(process);
    };
    this.#idle.set(process, setTimeout(retire, this.#options.idleMs).unref());
    return retire;
  }

  #end(process: CompileProcess): void {
    const gone = process.kill().finally(() => this.#dying.delete(gone));
    this.#dying.add(gone);
  }
}

export function closedFault(): HostFault {
  return new HostFault("COMPILER_CLOSED", "The compiler was closed.", "never");
}
