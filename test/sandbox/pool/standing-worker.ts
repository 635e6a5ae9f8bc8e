/** A slot over a worker that does nothing by itself: tests say what it sends, what it weighs and what time it is. */
import type { Completion } from "../../../sandbox/completion.ts";
import { HostRun } from "../../../sandbox/pool/host-run.ts";
import { Configuration } from "../../../sandbox/protocol/configuration.ts";
import { Slot } from "../../../sandbox/pool/slot.ts";
import type { SlotListener, SlotWorker } from "../../../sandbox/pool/slot-parts.ts";
import type { WorkerListener } from "../../../sandbox/process/worker-process.ts";
import { DEFAULT_SANDBOX_LIMITS, type HostFunctions, type SandboxLimits, scriptImage } from "../../../sandbox/index.ts";
import type { HostFrame } from "../../../sandbox/protocol/host-frames.ts";
import type { EndedFrame, WorkerFrame } from "../../../sandbox/protocol/worker-frames.ts";

export const MIB = 1024 * 1024;

export class StandingWorker implements SlotWorker {
  readonly pid = 7;
  readonly exited = new Promise<void>(() => undefined);
  grownBytes: number | null = 0;
  ownBytes: number | null = 0;
  cpuMs: number | null = 0;
  isLow = false;
  mayBeRaised = true;
  silentCpuMs: number | null = 0;
  isBloated = false;
  isSilent = false;
  held = false;
  killed: string | null = null;
  wokeAt: number | null = null;
  capBytes = 0;
  readonly sent: HostFrame["type"][] = [];
  unansweredCpuMs(): number | null {
    return this.silentCpuMs;
  }
  lower(): boolean {
    this.isLow = true;
    return true;
  }
  raise(): boolean {
    this.isLow &&= !this.mayBeRaised;
    return this.mayBeRaised;
  }
  whenStarted(listener: () => void): void {
    listener();
  }
  weigh(): void {
    // It weighs what a test says.
  }
  rebase(): void {
    this.grownBytes = 0;
  }
  setRef(held: boolean): void {
    this.held = held;
  }
  send(frame: HostFrame): void {
    this.sent.push(frame.type);
  }
  sendEncoded(): void {
    this.sent.push("configure");
  }
  sendScript(): void {
    this.sent.push("script");
  }
  answerSync(): void {
    this.sent.push("answer");
  }
  expect(): void {
    // Its frames are of any size.
  }
  raiseMemory(bytes: number): void {
    this.capBytes = bytes;
  }
  kill(reason: string): void {
    this.killed ??= reason;
  }
}

export interface Stand {
  readonly clock: { now: number };
  readonly worker: StandingWorker;
  readonly slot: Slot;
  /** What the slot reported, in order. */
  readonly news: string[];
  /** Has the worker send a frame. */
  hear(frame: Exclude<WorkerFrame, { type: "ready" }>): void;
  ready(): void;
  run(id: number, options?: { cordon?: string; limits?: Partial<SandboxLimits> }): HostRun;
  end(run: number, end?: EndedFrame["end"]): void;
  readonly completions: Map<number, Completion>;
}

const HOST_FUNCTIONS: HostFunctions = {
  wait: { mode: "async", handle: () => new Promise(() => undefined) },
};

export function standSlot(listener: Partial<SlotListener> = {}): Stand {
  const clock = { now: 1_000 };
  const worker = new StandingWorker();
  const news: string[] = [];
  const completions = new Map<number, Completion>();
  let worlds: WorkerListener | undefined;
  const slot = new Slot(
    {
      configuration: new Configuration({ type: "configure", image: scriptImage({}), memoryMiB: 64, ahead: 2 }),
      capBytes: 1_024 * MIB,
      now: () => clock.now,
      start: (hears) => {
        worlds = hears;
        return worker;
      },
    },
    {
      onReady: () => void news.push("ready"),
      onEnded: (run, end, { usage, logsDropped }) => {
        news.push(`ended ${run.id} ${end.type}`);
        run.complete(end, usage, logsDropped);
      },
      onFreed: () => void news.push("freed"),
      onExit: () => void news.push("exit"),
      ...listener,
    },
  );
  return {
    clock,
    worker,
    slot,
    news,
    completions,
    hear: (frame) => worlds!.onFrame(frame, undefined),
    ready: () => worlds!.onReady(0),
    run(id, { cordon = "one", limits = {} } = {}) {
      const settle = {
        resolve: (completion: Completion) => void completions.set(id, completion),
        reject: () => undefined,
      };
      const request = {
        tenant: "one",
        cordon,
        script: { code: "", hash: "" },
        entryPoints: ["run"],
        input: "null",
        hostFunctions: HOST_FUNCTIONS,
        limits: { ...DEFAULT_SANDBOX_LIMITS, ...limits },
      };
      return new HostRun(id, request, settle, () => clock.now);
    },
    end(run, end = { type: "returned", json: "1" }) {
      const usage = { wallMs: 1, hostMs: 0, cpuMs: 1, peakMemoryBytes: 0, hostCalls: 0 };
      worlds!.onFrame({ type: "ended", run, end, logsDropped: 0, usage }, undefined);
    },
  };
}
