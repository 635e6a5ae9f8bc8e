/** `baton dev --json` in a process of its own, asked as an editor's plug-in would ask it: saves a file and waits for the event that follows. */
import { spawn } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DevEvent } from "../author/session/events.ts";

const HERE = fileURLToPath(new URL("../", import.meta.url));

export function action(value: string): string {
  return `function fail(n: number): never { throw new Error("no luck " + n); }\nexport function execute_action() {\n  return { value: ${value} };\n}\nvoid fail;\n`;
}

/** The one action of the folder. */
export interface Source {
  readonly file: string;
  /** The text of one that returns `{ value }`. */
  returning(value: string): string;
}

const TYPESCRIPT: Source = { file: "action.ts", returning: action };

export class DevProcess {
  readonly #folder: string;
  readonly #source: Source;
  readonly #child;
  readonly #begun = performance.now();
  readonly #seen: { readonly event: DevEvent; readonly at: number }[] = [];
  #rest = "";
  #look: () => void = () => {};

  constructor(folder: string, tree = HERE, source = TYPESCRIPT) {
    this.#folder = folder;
    this.#source = source;
    const main = join(tree, "dist/cli/main.js");
    if (!existsSync(main)) throw new Error("dist/ is not built");
    this.#child = spawn(process.execPath, [main, "dev", folder, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout.on("data", (chunk: Buffer) => {
      const at = performance.now();
      const lines = (this.#rest + chunk.toString()).split("\n");
      this.#rest = lines.pop()!;
      this.#seen.push(...lines.map((line) => ({ event: JSON.parse(line) as DevEvent, at })));
      this.#look();
    });
  }

  /** Milliseconds from the start to the first result. */
  async first(): Promise<number> {
    return (await this.#next((event) => event.event === "run", 0)) - this.#begun;
  }

  async saveAndSee(value: string, byRenaming: boolean): Promise<number> {
    const wanted = JSON.stringify({ value: JSON.parse(value) as string });
    const fits = (event: DevEvent) => event.event === "run" && JSON.stringify(event.outcome.returnValue) === wanted;
    return this.save(this.#source.returning(value), fits, byRenaming);
  }

  /** Milliseconds from before the write to the event. */
  async save(text: string, fits: (event: DevEvent) => boolean, byRenaming = false): Promise<number> {
    // The save before has been reported whole, type errors included.
    await delay(250);
    const from = this.#seen.length;
    const path = join(this.#folder, this.#source.file);
    const begun = performance.now();
    writeFileSync(byRenaming ? `${path}.tmp` : path, text);
    if (byRenaming) renameSync(`${path}.tmp`, path);
    return (await this.#next(fits, from)) - begun;
  }

  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#child.exitCode !== null) return;
    this.#child.once("close", () => resolve());
    this.#child.kill("SIGINT");
    await promise;
  }

  async #next(fits: (event: DevEvent) => boolean, from: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => reject(new Error("the event did not come within 30 seconds")), 30_000);
    this.#look = () => {
      const found = this.#seen.slice(from).find(({ event }) => fits(event));
      if (found) resolve(found.at);
    };
    this.#look();
    return promise.finally(() => clearTimeout(timer));
  }
}
