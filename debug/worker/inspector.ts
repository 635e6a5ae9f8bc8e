/**
 * The main thread's own session with V8's inspector. Its messages come within the pause that they report, which is what makes the time of a
 * pause exact. It also breaks before the first line where that was asked for, measures, and keeps the way from a callback back to what began it.
 */
import { Session, console as debugConsole, open, url } from "node:inspector";
import type { GuestWatch } from "./shared-watch.ts";

/** Where to stop before anything else, from 0. */
export interface BreakPlace {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

interface Task {
  run(work: () => void): void;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;
const HOST = "127.0.0.1";
const SAMPLE_EVERY_MICROS = 250;
const createTask = (console as unknown as { readonly createTask?: (name: string) => Task }).createTask;

export class GuestInspector {
  readonly #session = new Session();
  readonly #tasks = new Map<string, Task>();
  #isOpen = false;
  #firstStop: string | null = null;

  constructor(watch: GuestWatch) {
    this.#session.connect();
    this.#session.on("Debugger.paused", ({ params }) => {
      watch.pause();
      if (this.#firstStop !== null && params.hitBreakpoints?.includes(this.#firstStop)) this.#forgetFirstStop();
    });
    this.#session.on("Debugger.resumed", () => watch.resume());
    this.#session.post("Debugger.enable");
  }

  /** Whether a debugger may attach, or is. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Opens the port, and with `wait` stands still until a client has said that it is ready. Both at once: a client that was quicker than the wait would
   * have said so in vain. Gives the address, null where the port cannot be had.
   */
  open(port: number, wait: boolean): string | null {
    this.#isOpen = true;
    open(port, HOST, wait);
    return url() ?? null;
  }

  /** A line of the action's log, as it is written: logpoints write there too. */
  showLog(level: unknown, message: unknown): void {
    if (!this.#isOpen) return;
    const write = LEVELS.find((each) => each === level) ?? "log";
    debugConsole[write](message);
  }

  stopFirstAt({ url: script, line, column }: BreakPlace): void {
    const place = { url: script, lineNumber: line, columnNumber: column };
    this.#session.post("Debugger.setBreakpointByUrl", place, (error, set) => {
      if (error === null) this.#firstStop = (set as { readonly breakpointId: string }).breakpointId;
    });
  }

  startCoverage(): void {
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What ran of some scripts since it was last asked, as V8 counts it. */
  takeCoverage(urls: ReadonlySet<string>): readonly unknown[] {
    let taken: readonly unknown[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error === null) taken = result.filter((script) => urls.has(script.url));
    });
    return taken;
  }

  startProfile(): void {
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_MICROS });
    this.#session.post("Profiler.start");
  }

  takeProfile(): unknown {
    let taken: unknown = null;
    this.#session.post("Profiler.stop", (error, { profile }) => {
      if (error === null) taken = profile;
    });
    return taken;
  }

  /** The guest has asked for a callback: what runs then is shown below what asked for it. */
  beginTask(op: "schedule" | "call_async", handle: unknown, name: unknown): void {
    if (!this.#isOpen || createTask === undefined) return;
    const [kind, title] = op === "schedule" ? ["timer", "timer"] : ["answer", String(name)];
    this.#tasks.set(`${kind} ${String(handle)}`, createTask(title));
  }

  continueTask(kind: unknown, handle: unknown, work: () => void): void {
    const key = `${String(kind)} ${String(handle)}`;
    const task = kind === "start" ? undefined : this.#tasks.get(key);
    this.#tasks.delete(key);
    if (task === undefined) work();
    else task.run(work);
  }

  /** The run is over. */
  forgetTasks(): void {
    this.#tasks.clear();
  }

  #forgetFirstStop(): void {
    this.#session.post("Debugger.removeBreakpoint", { breakpointId: this.#firstStop! });
    this.#firstStop = null;
  }
}
