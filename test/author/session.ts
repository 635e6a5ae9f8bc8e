/** A running `baton dev --json`, as an editor's plug-in would see it: events, one after the other, and an end. */
import type { DevEvent } from "../../author/session/events.ts";
import { start } from "../cli/baton.ts";

export class DevSession {
  readonly events: DevEvent[] = [];
  readonly #child;
  readonly #listeners = new Set<() => void>();
  #rest = "";
  errors = "";

  constructor(folder: string, args: readonly string[] = []) {
    this.#child = start({ args: ["dev", folder, "--json", ...args] });
    this.#child.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    this.#child.stdout.on("data", (chunk: Buffer) => {
      this.#rest += chunk.toString();
      const lines = this.#rest.split("\n");
      this.#rest = lines.pop()!;
      this.events.push(...lines.map((line) => JSON.parse(line) as DevEvent));
      for (const listener of this.#listeners) listener();
    });
  }

  /** The first event from the `from`th on that fits; rejects when none came in time. */
  async next<T extends DevEvent>(fits: (event: DevEvent) => event is T, from?: number): Promise<T>;
  async next(fits: (event: DevEvent) => boolean, from?: number): Promise<DevEvent>;
  async next(fits: (event: DevEvent) => boolean, from = 0): Promise<DevEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<DevEvent>();
    const look = (): void => {
      const found = this.events.slice(from).find(fits);
      if (found) resolve(found);
    };
    const timer = setTimeout(() => {
      const seen = JSON.stringify(this.events.slice(from)).slice(0, 2_000);
      reject(new Error(`no such event came; these did: ${seen}; standard error: ${this.errors}`));
    }, 60_000);
    this.#listeners.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#listeners.delete(look);
    });
  }

  /** Interrupts it and gives its exit status. */
  async end(): Promise<number | null> {
    const { promise, resolve } = Promise.withResolvers<number | null>();
    this.#child.once("close", (status) => resolve(status));
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    this.#child.kill("SIGINT");
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
