/**
 * A few compile processes, started when first needed, each with one compile at a time. The rest waits, a bounded queue for each tenant, taken
 * in turn: a small source can be slow to compile, and a tenant that sends many of those must not keep the others from their first run.
 */
import { FairQueue } from "../../base/fair-queue.ts";
import type { CompileRequest } from "./messages.ts";
import {
  type CompilePlace,
  type CompileUser,
  type Read,
  canLaunch,
  canSeeItself,
  findView,
  userFor,
} from "./launch.ts";
import { type View, placeOfPackages } from "./view.ts";
import type { Starter } from "../../sandbox/index.ts";
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
  readonly starter: Starter;
  /** What every compile may read beside the action's own root. */
  readonly packages?: PackageSource | null;
  /** Of the languages' own data. */
  readonly folders?: readonly string[];
}

interface Waiting {
  readonly tenant: string;
  readonly request: CompileRequest;
  readonly milliseconds: number;
  readonly resolve: (answer: CompileAnswer) => void;
  readonly reject: (fault: HostFault) => void;
}

/** Of the sources of a tenant's compiles that wait. */
const WAITING_CHARS = 32 * 1024 * 1024;

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
  /** What the processes see, and for which folder of packages it was found; null where none starts in it. */
  #seen: { readonly view: View | null; readonly packages: string } | undefined;

  constructor(options: CompilePoolOptions) {
    this.#options = options;
    const waiting = { of: ({ request }: Waiting) => request.source.length, most: WAITING_CHARS };
    this.#queue = new FairQueue(options.queuePerTenant, undefined, waiting);
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
    const { packages = null } = this.#options;
    const process = this.#start(this.#placeFor({ root: null, packages, reads: [] }));
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
    const place = this.#placeFor(waiting.request);
    const process = this.#takeIdle(place) ?? this.#start(place);
    if (process === null) {
      waiting.resolve({ type: "unavailable" });
      return true;
    }
    this.#busy.set(process, waiting.tenant);
    void this.#serve(process, waiting);
    return true;
  }

  #start(place: CompilePlace): CompileProcess | null {
    try {
      const { compiler, memoryBytes, starter } = this.#options;
      return startCompileProcess(compiler, place, memoryBytes, starter);
    } catch {
      return null;
    }
  }

  /** The one used last: the others grow old and retire. */
  #takeIdle({ user, view }: CompilePlace): CompileProcess | null {
    for (const [process, timer] of [...this.#idle].reverse()) {
      if (process.place.user !== user || process.place.view !== view) continue;
      clearTimeout(timer);
      this.#idle.delete(process);
      if (process.alive) return process;
    }
    return null;
  }

  async #serve(process: CompileProcess, waiting: Waiting): Promise<void> {
    const answer = await process.ask(waiting.request, waiting.milliseconds);
    this.#putBack(process);
    if (answer.type === "unavailable" && this.#giveUpWalls(process.place) && !this.#closed) return this.#again(waiting);
    this.#lend();
    if (this.#closed) waiting.reject(closedFault());
    else waiting.resolve(answer);
  }

  #placeFor(request: Read): CompilePlace {
    const { packages = null, folders = [] } = this.#options;
    const folder = packages?.folder ?? null;
    const place = placeOfPackages(folder);
    if (this.#seen === undefined || (this.#seen.view !== null && this.#seen.packages !== place))
      this.#seen = { view: findView(folder, folders), packages: place };
    const { view } = this.#seen;
    const user = userFor(request, view);
    return this.#refused.has(user) ? { user: "bare", view: null } : { user, view };
  }

  /**
   * True if it is the walls that keep it from starting: then its view is given up for the whole file system, or there are no walls around such
   * compile processes on this machine.
   */
  #giveUpWalls(place: CompilePlace): boolean {
    const { user, view } = place;
    if (view !== null && !canSeeItself(this.#options.compiler, place)) {
      this.#seen = { view: null, packages: "" };
      return true;
    }
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

  /** Returns what ends it, unless it is busy by then. */
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
