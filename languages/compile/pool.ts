/**
 * A few compile processes, started when first needed, each with one compile at a time. The rest waits, a bounded queue for each tenant, taken
 * in turn: a small source can be slow to compile, and a tenant that sends many of those must not keep the others from their first run.
 */
import { FairQueue } from "../../base/fair-queue.ts";
import type { CompileRequest } from "./messages.ts";
import { type CompileUser, type Read, canLaunch, userFor } from "./launch.ts";
import type { PackageSource } from "../action.ts";
import { startCompileProcess } from "./process.ts";
import type { CompileAnswer, CompileProcess } from "./process.ts";
import { HostFault } from "../../base/fault.ts";

export interface CompilePoolOptions {
  /** The module that every process loads at its start: the compiler of the language that comes most. */
  readonly compiler: string;
  /** That one tenant may keep busy. As many more are started for tenants that have none. */
  readonly processes: number;
  /** Compiles that may wait, for each tenant. */
  readonly queuePerTenant: number;
  readonly idleMs: number;
  readonly memoryBytes: number;
  /** What every compile may read beside the action's own root. */
  readonly packages?: PackageSource | null;
}

interface Waiting {
  readonly tenant: string;
  readonly request: CompileRequest;
  readonly milliseconds: number;
  readonly resolve: (answer: CompileAnswer) => void;
  readonly reject: (fault: HostFault) => void;
}

export class CompilePool {
  readonly #options: CompilePoolOptions;
  readonly #queue: FairQueue<Waiting>;
  /** Whom each of them serves. */
  readonly #busy = new Map<CompileProcess, string>();
  readonly #idle = new Map<CompileProcess, NodeJS.Timeout>();
  readonly #dying = new Set<Promise<void>>();
  #closed = false;
  /** Those behind whose walls nothing starts on this machine. */
  readonly #refused = new Set<CompileUser>();

  constructor(options: CompilePoolOptions) {
    this.#options = options;
    this.#queue = new FairQueue(options.queuePerTenant);
  }

  get closed(): boolean {
    return this.#closed;
  }

  compile(request: CompileRequest, milliseconds: number, tenant: string): Promise<CompileAnswer> {
    if (this.#closed) return Promise.reject(closedFault());
    return new Promise((resolve, reject) => {
      if (!this.#queue.push(tenant, { tenant, request, milliseconds, resolve, reject }))
        return resolve({ type: "refused" });
      return this.#lend();
    });
  }

  /** One that stands by; where it cannot be started, the first compile will say so. */
  startAhead(): void {
    if (this.#closed || this.#busy.size + this.#idle.size > 0) return;
    const process = this.#start(userFor({ root: null, packages: this.#options.packages ?? null, reads: [] }));
    if (process !== null) this.#standBy(process);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.drain((waiting) => waiting.reject(closedFault()));
    for (const timer of this.#idle.values()) clearTimeout(timer);
    for (const process of [...this.#idle.keys(), ...this.#busy.keys()]) this.#end(process);
    this.#idle.clear();
    await Promise.all(this.#dying);
  }

  #lend(): void {
    while (!this.#queue.isEmpty && this.#queue.takeNext((waiting) => this.#place(waiting)));
  }

  /** True if it no longer waits. */
  #place(waiting: Waiting): boolean {
    const { processes } = this.#options;
    let own = 0;
    for (const tenant of this.#busy.values()) if (tenant === waiting.tenant) own++;
    if (this.#busy.size >= (own === 0 ? processes * 2 : processes)) return false;
    const user = this.#userFor(waiting.request);
    const process = this.#takeIdle(user) ?? this.#start(user);
    if (process === null) {
      waiting.resolve({ type: "unavailable" });
      return true;
    }
    this.#busy.set(process, waiting.tenant);
    void this.#serve(process, waiting);
    return true;
  }

  #start(user: CompileUser): CompileProcess | null {
    try {
      return startCompileProcess(this.#options.compiler, user, this.#options.memoryBytes);
    } catch {
      return null;
    }
  }

  /** The one used last: the others grow old and retire. */
  #takeIdle(user: CompileUser): CompileProcess | null {
    for (const [process, timer] of [...this.#idle].reverse()) {
      if (process.user !== user) continue;
      clearTimeout(timer);
      this.#idle.delete(process);
      if (process.alive) return process;
    }
    return null;
  }

  async #serve(process: CompileProcess, waiting: Waiting): Promise<void> {
    const answer = await process.ask(waiting.request, waiting.milliseconds);
    this.#putBack(process);
    if (answer.type === "unavailable" && this.#giveUpWalls(process.user) && !this.#closed) return this.#again(waiting);
    this.#lend();
    if (this.#closed) waiting.reject(closedFault());
    else waiting.resolve(answer);
  }

  #userFor(request: Read): CompileUser {
    const user = userFor(request);
    return this.#refused.has(user) ? "bare" : user;
  }

  /** True if it is the walls that keep it from starting: then there are none around such compile processes on this machine. */
  #giveUpWalls(user: CompileUser): boolean {
    if (user === "bare" || canLaunch(user)) return false;
    this.#refused.add(user);
    return true;
  }

  #again(waiting: Waiting): void {
    if (!this.#place(waiting)) waiting.resolve({ type: "unavailable" });
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
