/**
 * A worker process as the host sees it. What it sends is read by a schema, or as strictly from fixed places, before anything else happens; a worker that sends
 * anything else is killed. It keeps no guest waiting for a frame that cannot come: every end of the process is reported once.
 */
import { machineTime } from "../../base/machine-time.ts";
import { workerPid } from "../launcher/end-tree.ts";
import type { Channel } from "../launcher/started.ts";
import { LastWords } from "./last-words.ts";
import { SeenProcess } from "./seen-process.ts";
import {
  type Answer,
  type HostFrame,
  type PositionalRun,
  type RunFrame,
  encodeRun,
  journalInPlace,
} from "../protocol/host-frames.ts";
import { type SyncCallFrame, type WorkerFrame, readCallFrame, readWorkerFrame } from "../protocol/worker-frames.ts";
import { Setups } from "./setups.ts";
import { type LaunchOptions, type LaunchedProcess, launchWorker } from "./launch.ts";
import { write } from "./direct-write.ts";
import { type Frame, FrameReader, SCRIPTS_PER_WORKER, encodeFrame } from "../protocol/wire.ts";

export interface WorkerListener {
  onReady(missing: number): void;
  onFrame(frame: Exclude<WorkerFrame, { type: "ready" }>, bytes: Uint8Array | undefined): void;
  onSyncCall(frame: SyncCallFrame): void;
  onExit(exit: WorkerExit): void;
}

export interface WorkerExit {
  readonly reason: string;
  /** V8 gave up for want of memory. */
  readonly outOfMemory: boolean;
  /** It was killed from outside: by the machine, or by its operator. */
  readonly killedByOthers: boolean;
}

/** How a killed process ends, or bubblewrap for it. V8 itself aborts in other ways. */
const KILLED: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "exit status 137"]);
const PING_AFTER_CPU_MS = 20;
const BLOAT_BYTES = 192 * 1024 * 1024;
/** Room for the frames whose size does not depend on a run's limits. */
const BASE_FRAME_BYTES = 1024 * 1024;

/** What no guest can have sent in a turn of its own. */
const COMES_ROUND: ReadonlySet<WorkerFrame["type"]> = new Set(["entered", "ended", "freed", "prepared"]);

export class WorkerProcess {
  /** Of the process whose memory and CPU time are looked at. */
  readonly #seen: SeenProcess;
  readonly exited: Promise<void>;
  /** When its latest bytes came, as machine-time.ts has it; null, and not noted, until it is first set. */
  wokeAt: number | null = null;
  readonly #process: LaunchedProcess;
  readonly #options: LaunchOptions;
  readonly #listener: WorkerListener;
  readonly #scripts = new Set<string>();
  readonly #setups = new Setups();
  readonly #readers = [new FrameReader(BASE_FRAME_BYTES), new FrameReader(BASE_FRAME_BYTES)] as const;
  readonly #lastWords: LastWords;
  #killReason: string | null = null;
  #dead = false;
  #ready = false;
  /** Resident memory when it was ready, before any run. */
  #baseBytes = 0;
  #freshBytes = 0;
  #ownBytes: number | null = null;
  #cpuAtPing = 0;
  #pinging = false;
  /** Whether its thread has come round since that was last looked at. */
  #cameRound = false;

  constructor(options: LaunchOptions, listener: WorkerListener) {
    this.#options = options;
    this.#listener = listener;
    this.#process = launchWorker(options);
    this.#seen = new SeenProcess(this.#process);
    const { child, main, sync, errors } = this.#process;
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => this.#onExit(`it could not be started: ${error.message}`, resolve));
      // What forked the worker can be gone a moment before it is; its channels close with the latter.
      child.once(options.walls.forks ? "close" : "exit", (code, signal) =>
        this.#onExit(signal ?? `exit status ${code}`, resolve),
      );
    });
    this.#lastWords = new LastWords(errors);
    this.#listen(main, this.#readers[0], (frame) => this.#onFrame(readWorkerFrame(frame), frame.bytes));
    this.#listen(sync, this.#readers[1], (frame) => this.#listener.onSyncCall(readCallFrame(frame)));
    this.setRef(false);
  }

  /** Its process id, as the host sees it. */
  get pid(): number {
    return this.#seen.pid;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Memory taken since it was ready; null where the system does not say. */
  get grownBytes(): number | null {
    const now = this.#residentBytes();
    return now === null ? null : Math.max(0, now - this.#baseBytes);
  }

  /** Memory that no other process shares, when it was last looked at; null where the system does not say. */
  get ownBytes(): number | null {
    return this.#ownBytes;
  }

  /** Looks at its memory though no run is in it. */
  weigh(): void {
    this.#residentBytes();
  }

  #residentBytes(): number | null {
    const use = this.#seen.memory;
    if (use === null) return null;
    this.#ownBytes = use.ownBytes;
    return use.residentBytes;
  }

  /** CPU time of its main thread, in milliseconds. */
  get cpuMs(): number | null {
    return this.#seen.mainThreadCpuMs;
  }

  /** Calls `listener` once it has a process id, or never will have one. */
  whenStarted(listener: () => void): void {
    this.#seen.whenStarted(listener);
  }

  /** Has it compute after all others; true where the system takes that. */
  lower(): boolean {
    return this.#seen.lower();
  }

  /** Has it compute beside all others again; false where the host may not. */
  raise(): boolean {
    return this.#seen.raise();
  }

  /** What it holds now, while no run is in it, is on no run's account: it is not counted against the next one. */
  rebase(): void {
    this.#baseBytes = this.#residentBytes() ?? this.#baseBytes;
  }

  /** Whether it has kept so much of what its runs took that a new process serves better. */
  get isBloated(): boolean {
    return this.#baseBytes > this.#freshBytes + BLOAT_BYTES;
  }

  /**
   * CPU time that its main thread has used since it was asked for a sign of life that it has not given, or has come round; 0 while it
   * answers, null where the system does not say. It is asked whenever it has computed for a while.
   */
  unansweredCpuMs(): number | null {
    const cpu = this.cpuMs;
    if (cpu === null) return null;
    if (this.#pinging) {
      // A burst of runs is taken in before the question: an isolate is made for each, and each is entered or ends.
      if (this.#cameRound) this.#cpuAtPing = cpu;
      this.#cameRound = false;
      return cpu - this.#cpuAtPing;
    }
    if (cpu - this.#cpuAtPing > PING_AFTER_CPU_MS) {
      this.#pinging = true;
      this.#cpuAtPing = cpu;
      this.send({ type: "ping", ping: 0 });
    }
    return 0;
  }

  /** Whether it owes a sign of life. */
  get isSilent(): boolean {
    return this.#pinging;
  }

  /** Whether the host's event loop may end while this process lives. */
  setRef(held: boolean): void {
    // The code that ended this process awaits its exit, and the host must live to see it.
    if (this.#killReason !== null) return;
    const { child, main, sync, errors } = this.#process;
    for (const handle of [child, main, sync, errors]) {
      if (held) handle.ref();
      else handle.unref();
    }
  }

  send(frame: HostFrame, attached?: Uint8Array | string): void {
    if (this.#dead) return;
    if (frame.type === "run" && typeof attached === "string") {
      const journal = journalInPlace(frame);
      if (journal !== undefined) return this.#sendRun(frame, journal, attached);
    }
    write(this.#process.main, encodeFrame(JSON.stringify(frame), attached));
  }

  /** A frame that is the same for many processes. */
  sendEncoded(frame: Buffer): void {
    if (!this.#dead) write(this.#process.main, frame);
  }

  /** What it has in common with others is sent once. */
  #sendRun(frame: RunFrame, journal: PositionalRun["journal"], input: string): void {
    const { run, script, cpuTimer, marked, entryPoints, preludeData, functions, limits } = frame;
    const setup = this.#setups.numberOf({ entryPoints, preludeData, functions, limits }, (number, text) =>
      write(
        this.#process.main,
        encodeFrame(JSON.stringify({ type: "setup", setup: number } satisfies HostFrame), text),
      ),
    );
    write(this.#process.main, encodeRun({ run, setup, cpuTimer, marked, script, journal }, input));
  }

  /** Lets the process take more memory, where the kernel holds it to a cap. */
  raiseMemory(bytes: number): void {
    this.#process.cgroup?.raise(bytes);
  }

  /** From now on a frame may carry a JSON text of so many bytes, which being quoted can double. */
  expect(textBytes: number): void {
    for (const reader of this.#readers)
      reader.maxJsonBytes = Math.max(reader.maxJsonBytes, BASE_FRAME_BYTES + textBytes * 2);
  }

  /** Sends a script unless the worker still has it. */
  sendScript(hash: string, code: string): void {
    if (this.#scripts.has(hash)) return;
    this.#scripts.add(hash);
    if (this.#scripts.size > SCRIPTS_PER_WORKER) this.#scripts.delete(this.#scripts.values().next().value!);
    this.send({ type: "script", hash }, code);
  }

  answerSync(answer: Answer): void {
    if (!this.#dead) write(this.#process.sync, encodeFrame(JSON.stringify(answer)));
  }

  /** Ends the process at once, whatever it is doing. `reason` stands in the errors of its runs. */
  kill(reason: string): void {
    this.setRef(true);
    this.#killReason ??= reason;
    this.#process.end();
  }

  #listen(socket: Channel, reader: FrameReader, onFrame: (frame: Frame) => void): void {
    socket.on("data", (chunk: Buffer) => {
      if (this.wokeAt !== null) this.wokeAt = machineTime();
      try {
        // What a process sent that has been killed meanwhile is dropped: its runs may be under way elsewhere.
        for (const frame of reader.read(chunk)) if (!this.#dead && this.#killReason === null) onFrame(frame);
      } catch {
        this.kill("it broke the protocol");
      }
    });
    // The exit event says what happened; a broken pipe says no more.
    socket.on("error", () => undefined);
  }

  #onFrame(frame: WorkerFrame, bytes: Uint8Array | undefined): void {
    if (frame.type === "ready") {
      if (this.#ready) throw new Error("it was ready before");
      this.#ready = true;
      this.#seen.lookAt(workerPid(this.#process.pid, this.#options.walls));
      this.#freshBytes = this.#residentBytes() ?? 0;
      this.#baseBytes = this.#freshBytes;
      this.#cpuAtPing = this.cpuMs ?? 0;
      return this.#listener.onReady(frame.missing);
    }
    if (COMES_ROUND.has(frame.type)) this.#cameRound = true;
    if (frame.type === "pong") {
      if (!this.#pinging) throw new Error("it was not asked for a sign of life");
      this.#pinging = false;
    }
    return this.#listener.onFrame(frame, bytes);
  }

  /** V8 said so as it gave up, or the kernel ended it. */
  get #ranOutOfMemory(): boolean {
    return this.#lastWords.tellOfMemory || this.#process.cgroup?.killed === true;
  }

  #onExit(how: string, resolve: () => void): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#seen.close();
    // Before it was ready no guest can have written them.
    const why = this.#baseBytes === 0 ? this.#lastWords.error : "";
    const reason = this.#killReason ?? `the worker process ended by itself (${how})${why}`;
    const outOfMemory = this.#killReason === null && this.#ranOutOfMemory;
    const killedByOthers = this.#killReason === null && !outOfMemory && KILLED.has(how);
    this.#listener.onExit({ reason, outOfMemory, killedByOthers });
    resolve();
  }
}
