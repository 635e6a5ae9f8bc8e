/** `baton test --watch`: all scenarios once, then again whenever something below the watched folders is saved. One runtime stays warm. */
import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { runAll } from "../author/scenarios/run-all.ts";
import type { FileResult, TestOptions } from "../author/scenarios/run-all.ts";
import { ScenarioRunner } from "../author/scenarios/runner.ts";
import { watchRoot } from "../author/session/watch-root.ts";
import { FolderWatch } from "../author/session/watch.ts";
import type { Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { renderFile, renderTally } from "./test-report.ts";
import { terminalOf } from "./terminal.ts";

/** Saves that come together are one. */
const TOGETHER_MS = 30;

export async function watchScenarios(
  paths: readonly string[],
  find: () => readonly string[],
  options: TestOptions,
  io: Io,
): Promise<ExitStatus> {
  await using runner = new ScenarioRunner({ idleMs: 24 * 60 * 60 * 1_000 });
  const changed = new Bell();
  const watches = rootsOf(paths).map(
    (root) =>
      new FolderWatch(root, (change) => {
        if ([...change.changed, ...change.removed].some((path) => !path.endsWith(".snapshot.json"))) changed.ring();
      }),
  );
  const ended = new Promise<"ended">((resolve) => {
    if (io.interrupted.aborted) resolve("ended");
    io.interrupted.addEventListener("abort", () => resolve("ended"), { once: true });
    io.stdout.once("error", () => resolve("ended"));
  });
  try {
    for (;;) {
      const next = changed.next();
      await runOnce(runner, find, { ...options, signal: io.interrupted }, io);
      if ((await Promise.race([next, ended])) === "ended") return EXIT.ok;
      await new Promise((resolve) => setTimeout(resolve, TOGETHER_MS));
    }
  } finally {
    for (const watch of watches) watch.close();
  }
}

async function runOnce(
  runner: ScenarioRunner,
  find: () => readonly string[],
  options: TestOptions,
  io: Io,
): Promise<void> {
  const terminal = terminalOf(io.stdout);
  const start = performance.now();
  try {
    const results = await runAll(runner, find(), options);
    const shownResults = results.filter((result) => !isWell(result));
    for (const result of shownResults) io.stdout.write(`${renderFile(result, terminal)}\n`);
    io.stdout.write(`${renderTally(results, performance.now() - start, terminal)}\n`);
  } catch (error) {
    // A scenario may come back with the next save.
    io.stdout.write(`${terminal.paint("red", error instanceof Error ? error.message : String(error))}\n`);
  }
  io.stdout.write(`${terminal.paint("dim", "Watching: save a file to run again (Ctrl-C ends).")}\n`);
}

const isWell = (result: FileResult): boolean => result.type === "ran" && result.verdicts.every(({ ok }) => ok);

function rootsOf(paths: readonly string[]): string[] {
  const folders = paths.map((path) => realpathSync(statSync(path).isDirectory() ? path : dirname(path)));
  return [...new Set(folders.map(watchRoot))];
}

/** Rings once for whatever has happened since the last look. */
class Bell {
  #ring = Promise.withResolvers<"changed">();
  #rung = false;

  ring(): void {
    this.#rung = true;
    this.#ring.resolve("changed");
  }

  /** Resolves at the next ring. */
  next(): Promise<"changed"> {
    if (this.#rung) this.#ring = Promise.withResolvers<"changed">();
    this.#rung = false;
    return this.#ring.promise;
  }
}
