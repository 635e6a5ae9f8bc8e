/**
 * The inspector's port, as the debug engine asks for it: once for each debug process, and once in all does a run wait for a client. A port that is
 * taken ends the run that asked.
 */
import type { DebugProcess } from "./process.ts";

export interface InspectOptions {
  /** Where the inspector listens on loopback; 0 for any port that is free. */
  readonly port: number;
  /** The first run waits for a client that is ready. */
  readonly wait: boolean;
  /** It stops at the first line of the action. */
  readonly stopFirst: boolean;
  /** Called with its address once it listens, before it waits. */
  readonly onListening?: (url: string) => void;
}

/** The inspector could not listen where it was to. */
export class PortTakenError extends Error {
  readonly code = "PORT_TAKEN";
  readonly port: number;
  constructor(port: number) {
    super(`Port ${port} of 127.0.0.1 cannot be listened on; another debugger may have it.`);
    this.name = "PortTakenError";
    this.port = port;
  }
}

export class InspectorPort {
  readonly #options: InspectOptions;
  /** The address that this process listens on, or null where it cannot; null before anything has asked for it. */
  #opening: PromiseWithResolvers<string | null> | null = null;
  #isWaiting = false;
  #hasWaited = false;

  constructor(options: InspectOptions) {
    this.#options = options;
  }

  /** Whether the process stands still until a client comes. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Its scripts are there by then, so that a client finds them. Rejects with a PortTakenError. */
  async open(started: DebugProcess): Promise<void> {
    const { port, wait } = this.#options;
    if (this.#opening === null) {
      this.#opening = Promise.withResolvers();
      this.#isWaiting = wait && !this.#hasWaited;
      started.send({ type: "open", port, wait: this.#isWaiting });
    }
    const url = await this.#opening.promise;
    this.#isWaiting = false;
    if (url === null && !started.isDead) throw new PortTakenError(port);
    this.#hasWaited = true;
  }

  /** The process listens at `url`; with null it cannot, or is gone. */
  settle(url: string | null): void {
    this.#opening?.resolve(url);
  }

  /** For the next process. */
  reset(): void {
    this.#opening = null;
  }
}
