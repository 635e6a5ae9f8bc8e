/**
 * The debug process: plays one guest at a time, in a context beside its own realm, with Node's inspector open where that was asked for. It speaks
 * the frames of every worker, and those of debug/frames.ts.
 */
import type { Script } from "node:vm";
import { MessageChannel, Worker, isMainThread } from "node:worker_threads";
import type { ConfigureFrame, RunFrame } from "../../sandbox/protocol/host-frames.ts";
import { type Channel, openChannel } from "../../sandbox/worker/channel.ts";
import type { CachedScript } from "../../sandbox/worker/isolate.ts";
import { Run } from "../../sandbox/worker/run.ts";
import { readLateModules } from "../../web/worker/late-modules.ts";
import { createPlatform, varies } from "../../web/worker/platform.ts";
import type { DebugHostFrame, DebugStart, DebugWorkerFrame } from "../frames.ts";
import { ContextGuest, DebugScript, compileBootstrap } from "./context-guest.ts";
import { GuestInspector } from "./inspector.ts";
import { GuestWatch, createSharedNumbers } from "./shared-watch.ts";
import { TurnRunner } from "./turn-runner.ts";
import { type WatchData, startWatchThread } from "./watch-thread.ts";

/** Milliseconds that reading an error may take. */
const READING = { wallMs: 1_000, cpuMs: 1_000 };

class DebugWorker {
  readonly #start: DebugStart;
  readonly #channel: Channel = openChannel();
  readonly #turns: TurnRunner;
  readonly #inspector: GuestInspector;
  readonly #platform = { call: createPlatform(), varies, readAhead: readLateModules };
  readonly #scripts = new Map<string, DebugScript>();
  readonly #thread = { busyMs: 0 };
  #image: ConfigureFrame["image"] | null = null;
  #bootstrap: Script | null = null;
  #run: Run | null = null;

  constructor(start: DebugStart) {
    this.#start = start;
    const numbers = createSharedNumbers();
    const { port1, port2 } = new MessageChannel();
    const watch = new GuestWatch(numbers);
    this.#turns = new TurnRunner(watch, port1);
    this.#inspector = new GuestInspector(watch);
    const workerData: WatchData = { numbers, port: port2 };
    new Worker(process.argv[1]!, { workerData, transferList: [port2], stdin: false }).unref();
    // Isolates report this within the turn, here it comes right behind it.
    process.on("unhandledRejection", (reason) => this.#run?.fault(this.#read(reason)));
  }

  async serve(): Promise<never> {
    if (this.#start.coverage) this.#inspector.startCoverage();
    this.#send({ type: "up" });
    for (;;) {
      const { frame, bytes } = await this.#channel.receiveLater();
      this.#handle(frame as DebugHostFrame, bytes);
    }
  }

  #handle(frame: DebugHostFrame, bytes: Uint8Array | undefined): void {
    switch (frame.type) {
      case "configure":
        this.#image = frame.image;
        this.#bootstrap = compileBootstrap(frame.image);
        return;
      case "debug_script": {
        const { hash, url, stopAt } = frame;
        this.#scripts.set(hash, new DebugScript(textOf(bytes), url));
        if (stopAt !== null) this.#inspector.stopFirstAt({ url, ...stopAt });
        return;
      }
      case "open":
        return this.#send({ type: "opened", url: this.#inspector.open(frame.port, frame.wait) });
      case "run":
        return this.#startRun(frame, textOf(bytes));
      case "answer":
        return this.#run?.answer(frame.call, frame.answer, bytes);
      case "stop":
        return this.#run?.stop();
      case "collect":
        return this.#sendMeasure(
          "coverage",
          this.#inspector.takeCoverage(new Set([...this.#scripts.values()].map(({ url }) => url))),
        );
      case "prepare":
      case "setup":
      case "script":
      case "ping":
        throw new Error(`a debug process is not asked to ${frame.type}`);
      default:
        frame satisfies never;
    }
  }

  #startRun(frame: RunFrame, input: string): void {
    const action = this.#scripts.get(frame.script);
    if (action === undefined || this.#image === null || this.#bootstrap === null)
      throw new Error("a run came before its script or its image");
    const { cpuMs } = frame.limits;
    const parts = { image: this.#image, action, turns: this.#turns, inspector: this.#inspector, cpuMs };
    const guest = new ContextGuest(parts, this.#bootstrap);
    const surroundings = {
      channel: this.#channel,
      thread: this.#thread,
      platform: this.#platform,
      watch: this.#turns.watch,
    };
    if (this.#start.profile) this.#inspector.startProfile();
    this.#turns.watch.begin(frame.limits.memoryMiB);
    this.#run = new Run(frame, guest, surroundings, { onEnter: () => undefined, onEnd: () => this.#onEnd(frame.run) });
    this.#run.start(action as unknown as CachedScript, input);
  }

  #read(reason: unknown): unknown {
    let read: unknown = {};
    try {
      this.#turns.run(READING, () => {
        read = asError(reason);
      });
    } catch {
      // Whatever it is, it is no error that could be shown.
    }
    return read;
  }

  /** The turn in which the run ended may still be on the stack. */
  #onEnd(run: number): void {
    setImmediate(() => {
      if (this.#start.profile) this.#sendMeasure("profile", this.#inspector.takeProfile());
      this.#inspector.forgetTasks();
      this.#run = null;
      this.#channel.send({ type: "freed", run, missing: 0 });
    });
  }

  #send(frame: DebugWorkerFrame, bytes?: Uint8Array): void {
    this.#channel.send(frame as never, bytes);
  }

  #sendMeasure(type: "coverage" | "profile", measure: unknown): void {
    this.#send({ type }, Buffer.from(JSON.stringify(measure)));
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("utf8");
}

/** What the guest rejected with, as an error of this realm; null for what is none. Reading it can run the action's own code. */
function asError(reason: unknown): unknown {
  if (typeof reason !== "object" || reason === null) return reason;
  const { name, message, stack } = reason as Partial<Record<keyof Error, unknown>>;
  return typeof message === "string" ? { name: typeof name === "string" ? name : "Error", message, stack } : {};
}

if (isMainThread) void new DebugWorker(JSON.parse(process.argv[2]!) as DebugStart).serve();
else startWatchThread();
