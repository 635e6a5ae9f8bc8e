/**
 * Runs the turns of a guest so that the watch thread can end them: by the signal of an interrupt, which Node makes an error of at the place where
 * the turn was begun. The same signal outside a turn means nothing.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { Script } from "node:vm";
import type { GuestWatch } from "./shared-watch.ts";
import type { CutTurn } from "./watch-thread.ts";

/** The name of the function that the script below calls. */
const ENTRY = "__batonTurn";
const RUN_TURN = new Script(`${ENTRY}()`, { filename: "baton:turn" });
const INTERRUPTED = "ERR_SCRIPT_EXECUTION_INTERRUPTED";

export interface TurnLimits {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** A turn was cut off. */
export class TurnEnded extends Error {
  override readonly name = "Error";
  readonly cut: CutTurn | null;
  constructor(cut: CutTurn | null) {
    super("Script execution timed out.");
    this.cut = cut;
  }
}

export class TurnRunner {
  readonly watch: GuestWatch;
  readonly #port: MessagePort;
  #work: () => void = () => undefined;

  constructor(watch: GuestWatch, port: MessagePort) {
    this.watch = watch;
    this.#port = port;
    Object.defineProperty(globalThis, ENTRY, { value: () => this.#work() });
    process.on("SIGINT", () => undefined);
  }

  run({ wallMs, cpuMs }: TurnLimits, work: () => void): void {
    this.#work = work;
    this.watch.arm(wallMs, cpuMs);
    try {
      RUN_TURN.runInThisContext({ breakOnSigint: true, displayErrors: false });
    } catch (error) {
      throw (error as { readonly code?: unknown }).code === INTERRUPTED ? new TurnEnded(this.#lastCut()) : error;
    } finally {
      this.watch.disarm();
    }
  }

  #lastCut(): CutTurn | null {
    let cut: CutTurn | null = null;
    for (
      let received = receiveMessageOnPort(this.#port);
      received !== undefined;
      received = receiveMessageOnPort(this.#port)
    )
      cut = received.message as CutTurn;
    return cut;
  }
}
