/**
 * The launcher of a runtime: a small process that starts the others. Node starts a process by copying the tables of its own memory, during which its
 * event loop stands still: the more a host holds the longer, and hostile tenants decide how often. The launcher holds next to nothing. A host that is
 * small, or starts few processes, does without it; and where it is not up, cannot be started or is gone, the host starts processes itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { ownFile } from "../../base/own-files.ts";
import { LaunchedChild } from "./launched-child.ts";
import type { FromLauncher, ToLauncher } from "./messages.ts";
import { DIRECTLY, type StartRequest, type StartedProcess, type Starter } from "./started.ts";

export interface LauncherOptions {
  /** Resident bytes from which on a start by the host itself costs more than a launcher is worth. */
  readonly aboveBytes?: number;
  /** Starts that the host makes itself in any case. */
  readonly directStarts?: number;
  /** The Node program, and what is put before it so that it dies with its host. */
  readonly command: () => readonly string[];
}

const ABOVE_BYTES = 128 * 1024 * 1024;
const DIRECT_STARTS = 4;
/** Between two attempts to have one. */
const AGAIN_MS = 1_000;
/** How long it may take, on a busy machine, until a start or an end that was asked for is reported. */
const ANSWER_MS = 5_000;
const FLAGS = ["--no-warnings", "--disable-sigusr1", "--max-old-space-size=32", "--max-semi-space-size=1"];

/** Where a message does not arrive, the launcher's end says so. */
const ignore = (): void => undefined;

export class Launcher implements Starter {
  readonly #options: Required<LauncherOptions>;
  readonly #children = new Map<number, LaunchedChild>();
  readonly #held = new Set<number>();
  #process: ChildProcess | null = null;
  #gone: Promise<void> = Promise.resolve();
  #isUp = false;
  #isClosed = false;
  #starts = 0;
  #nextId = 1;
  #triedAt = -Infinity;

  constructor({ command, aboveBytes = ABOVE_BYTES, directStarts = DIRECT_STARTS }: LauncherOptions) {
    this.#options = { command, aboveBytes, directStarts };
  }

  /** Of its process, once it takes requests. */
  get pid(): number | null {
    return this.#isUp ? this.#process!.pid! : null;
  }

  start(request: StartRequest): StartedProcess {
    this.#starts++;
    if (this.#isUp) return this.#launch(request);
    if (this.#isWanted) {
      this.#triedAt = performance.now();
      // In a turn of its own: this one makes a start already.
      setImmediate(() => this.#open());
    }
    return DIRECTLY.start(request);
  }

  /** After the last of the processes that it started has gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#process?.ref();
    this.#process?.kill("SIGKILL");
    await this.#gone;
  }

  get #isWanted(): boolean {
    const { aboveBytes, directStarts } = this.#options;
    if (this.#isClosed || this.#process !== null || process.platform !== "linux") return false;
    if (this.#starts <= directStarts || performance.now() - this.#triedAt < AGAIN_MS) return false;
    return process.memoryUsage.rss() >= aboveBytes;
  }

  #open(): void {
    if (this.#isClosed || this.#process !== null) return;
    let own: ChildProcess;
    try {
      const program = fileURLToPath(ownFile("./program.ts", import.meta.url));
      const [first, ...rest] = [...this.#options.command(), ...FLAGS, program];
      // A session of its own: what a terminal sends to its host is not meant for it.
      own = spawn(first!, rest, { cwd: "/", env: {}, detached: true, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    } catch {
      return;
    }
    const lost = (): void => this.#lose(own);
    own.once("error", lost);
    own.once("exit", lost);
    own.once("disconnect", lost);
    if (own.pid === undefined) return;
    this.#process = own;
    this.#gone = new Promise((resolve) => void own.once("exit", () => resolve()));
    own.on("message", (message: FromLauncher, socket: Socket | undefined) => this.#hear(message, socket));
    own.unref();
    own.channel?.unref();
  }

  #hear(message: FromLauncher, socket: Socket | undefined): void {
    if (message.type === "up") {
      this.#isUp = true;
      return;
    }
    const child = this.#children.get(message.id);
    if (message.type === "exit" || message.type === "failed") this.#children.delete(message.id);
    if (child === undefined) socket?.destroy();
    else child.hear(message, socket);
  }

  #launch(request: StartRequest): StartedProcess {
    const id = this.#nextId++;
    const child = new LaunchedChild(request, {
      hold: (held) => this.#hold(id, held),
      end: () => this.#end(id),
    });
    this.#children.set(id, child);
    this.#ask({ type: "start", id, request }, () => this.#children.has(id) && child.pid === undefined);
    return child;
  }

  #end(id: number): void {
    this.#ask({ type: "end", id }, () => this.#children.has(id));
  }

  /** A launcher that does not answer is of no use any more: its own end takes all along. */
  #ask(message: ToLauncher, isOwed: () => boolean): void {
    const own = this.#process;
    own?.send(message, ignore);
    const look = (): void => {
      if (own !== null && isOwed()) this.#lose(own);
    };
    // A host that stood still itself reads first what has come meanwhile.
    setTimeout(() => setImmediate(look), ANSWER_MS).unref();
  }

  #hold(id: number, held: boolean): void {
    if (held) this.#held.add(id);
    else this.#held.delete(id);
    if (this.#held.size > 0) this.#process?.channel?.ref();
    else this.#process?.channel?.unref();
  }

  #lose(own: ChildProcess): void {
    if (this.#process !== own) return;
    this.#process = null;
    this.#isUp = false;
    own.kill("SIGKILL");
    const lost = [...this.#children.values()];
    this.#children.clear();
    for (const child of lost) child.lose();
  }
}
