/**
 * The debug process as the host sees it. It has an empty environment in UTC and en-US, its channels, and of Node's permissions those that the
 * inspector needs: an action that breaks out of its context finds no files and no programs. It goes with its parent, and is no wall.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { assetPath } from "../sandbox/assets.ts";
import type { Answer } from "../sandbox/protocol/host-frames.ts";
import { type SyncCallFrame, readCallFrame } from "../sandbox/protocol/worker-frames.ts";
import { type Frame, FrameReader, encodeFrame } from "../sandbox/protocol/wire.ts";
import { type AnyWorkerFrame, type DebugHostFrame, type DebugStart, controlMessage, readDebugFrame } from "./frames.ts";

export interface DebugExit {
  readonly reason: string;
  readonly outOfMemory: boolean;
  /** The limit of a turn that could not be ended but with the process. */
  readonly stuck: "wall" | "cpu" | "memory" | null;
}

export interface DebugListener {
  /** Its inspector listens: called before it may have begun to wait for a client. */
  onListening(url: string): void;
  /** It cannot listen where it was to. Called separately because it waits for a client all the same. */
  onRefused(): void;
  onFrame(frame: AnyWorkerFrame, bytes: Uint8Array | undefined): void;
  onSyncCall(frame: SyncCallFrame): void;
  onExit(exit: DebugExit): void;
}

const ENVIRONMENT = { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };
const LISTENING = /^Debugger listening on (ws:\/\/\S+)\s/m;
const REFUSED = /^Starting inspector on \S+ failed/m;
const MAX_STDERR = 8_192;
const OUT_OF_MEMORY = /out of memory|heap limit|allocation failed|Fatal process OOM/i;
/** What V8's heap holds in this process before any action is in it. */
const OWN_MIB = 24;

export class DebugProcess {
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listener: DebugListener;
  #stderr = "";
  #stuck: DebugExit["stuck"] = null;
  #killReason: string | null = null;
  #isDead = false;
  #isListening = false;

  constructor(start: DebugStart, memoryMiB: number, listener: DebugListener) {
    this.#listener = listener;
    const script = realpathSync(assetPath("debug.cjs"));
    const flags = [
      `--max-old-space-size=${memoryMiB + OWN_MIB}`,
      "--no-warnings",
      "--disable-sigusr1",
      ...permissions(script),
    ];
    this.#child = spawn(realpathSync(process.execPath), [...flags, script, JSON.stringify(start)], {
      cwd: "/",
      env: ENVIRONMENT,
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", "pipe"],
      windowsHide: true,
      // A group of its own: an interrupt at the terminal is the host's to handle.
      detached: process.platform !== "win32",
    });
    const [, , errors, main, sync, control] = this.#streams;
    errors.on("data", (chunk: Buffer) => {
      if (this.#stderr.length < MAX_STDERR) this.#stderr += chunk.toString("latin1");
      this.#findUrl();
    });
    this.#listen(main, (frame) => this.#listener.onFrame(readDebugFrame(frame), frame.bytes));
    this.#listen(sync, (frame) => this.#listener.onSyncCall(readCallFrame(frame)));
    control.on("data", (chunk: Buffer) => this.#onControl(chunk.toString("utf8")));
    control.on("error", () => undefined);
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) => this.#onExit(`it could not be started: ${error.message}`, resolve));
      this.#child.once("close", (code, signal) => this.#onExit(signal ?? `exit status ${code}`, resolve));
    });
  }

  get #streams(): readonly [null, null, Readable, Socket, Socket, Socket] {
    return this.#child.stdio as unknown as [null, null, Readable, Socket, Socket, Socket];
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  send(frame: DebugHostFrame, attached?: Uint8Array | string): void {
    this.#write(3, encodeFrame(JSON.stringify(frame), attached));
  }

  answerSync(answer: Answer): void {
    this.#write(4, encodeFrame(JSON.stringify(answer)));
  }

  /** Ends the turn that is under way, also one that a debugger holds. */
  endTurn(): void {
    this.#write(5, Buffer.from("\n"));
  }

  kill(reason: string): void {
    this.#killReason ??= reason;
    this.#child.kill("SIGKILL");
  }

  /** Node's own line for clients. */
  #findUrl(): void {
    if (this.#isListening) return;
    const url = LISTENING.exec(this.#stderr)?.[1];
    const isRefused = REFUSED.test(this.#stderr);
    this.#isListening = url !== undefined || isRefused;
    if (url !== undefined) this.#listener.onListening(url);
    else if (isRefused) this.#listener.onRefused();
  }

  #write(descriptor: 3 | 4 | 5, data: Buffer): void {
    if (!this.#isDead) this.#streams[descriptor].write(data);
  }

  #listen(socket: Socket, onFrame: (frame: Frame) => void): void {
    const reader = new FrameReader();
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const frame of reader.read(chunk)) if (!this.#isDead) onFrame(frame);
      } catch {
        this.kill("it broke the protocol");
      }
    });
    socket.on("error", () => undefined);
  }

  #onControl(text: string): void {
    try {
      this.#stuck = controlMessage.parse(JSON.parse(text)).limit;
    } catch {
      this.kill("it broke the protocol");
    }
  }

  #onExit(how: string, resolve: () => void): void {
    if (this.#isDead) return;
    this.#isDead = true;
    const said = /^\w*Error: .{1,200}/m.exec(this.#stderr)?.[0];
    const reason =
      this.#killReason ?? `the debug process ended by itself (${how})${said === undefined ? "" : `: ${said}`}`;
    const outOfMemory = this.#killReason === null && this.#stuck === null && OUT_OF_MEMORY.test(this.#stderr);
    this.#listener.onExit({ reason, outOfMemory, stuck: this.#stuck });
    resolve();
  }
}

/** Node 24 and 26 know them all; a Node that does not know one goes without any. */
function permissions(script: string): string[] {
  const flags = ["--permission", "--allow-inspector", "--allow-worker"];
  if (!flags.every((flag) => process.allowedNodeEnvironmentFlags.has(flag))) return [];
  return [...flags, `--allow-fs-read=${script}`];
}
