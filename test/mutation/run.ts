/** Tries every mutant of a target in threads that are replaced when a mutant never ends. */
import { Worker } from "node:worker_threads";
import type { Mutant } from "./mutants.ts";
import type { Target } from "./targets.ts";

export interface Tried {
  readonly mutants: readonly Mutant[];
  /** By id, the test that noticed; "it never ended" counts as noticed. */
  readonly killed: ReadonlyMap<number, string>;
  readonly survivors: readonly Mutant[];
}

type Message =
  | { readonly type: "mutants"; readonly mutants: readonly Mutant[] }
  | { readonly type: "red"; readonly honest: { readonly name: string; readonly message: string } }
  | { readonly type: "trying"; readonly id: number }
  | { readonly type: "tried"; readonly id: number; readonly by: string | null }
  | { readonly type: "done" };

/** `within` bounds one mutant, as a multiple of what the tests take without any. `only` picks mutants; by default all are tried. */
export async function tryMutants(
  target: Target,
  only: (id: number) => boolean = () => true,
  survived: (mutant: Mutant) => void = () => {},
): Promise<Tried> {
  const killed = new Map<number, string>();
  const tried = new Set<number>();
  let mutants: readonly Mutant[] = [];
  for (let over = false; !over;) over = await oneThread(null);
  for (const { id, isStatic } of mutants) if (isStatic && only(id)) await oneThread(id);
  const survivors = mutants.filter(({ id }) => only(id) && !killed.has(id));
  return { mutants: mutants.filter(({ id }) => only(id)), killed, survivors };

  /** True: there is nothing left to try. */
  function oneThread(chosen: number | null): Promise<boolean> {
    const skip = [...tried, ...mutants.filter(({ id }) => !only(id)).map(({ id }) => id)];
    const worker = new Worker(new URL("worker.ts", import.meta.url), {
      workerData: { target, skip, chosen },
      execArgv: ["--no-warnings"],
      stdout: true,
      stderr: true,
    });
    const started = performance.now();
    let honestMs = 10_000;
    let trying: number | null = null;
    let timer: NodeJS.Timeout | undefined;
    return new Promise((resolve, reject) => {
      if (chosen !== null) queueMicrotask(() => next(chosen));
      const next = (id: number): void => {
        trying = id;
        clearTimeout(timer);
        timer = setTimeout(
          () => {
            killed.set(id, "it never ended");
            tried.add(id);
            void worker.terminate();
          },
          5_000 + 4 * honestMs,
        );
      };
      worker.on("message", (message: Message) => {
        if (message.type === "mutants") mutants = message.mutants;
        else if (message.type === "red")
          reject(new Error(`Without a mutant, ${message.honest.name}: ${message.honest.message}`));
        else if (message.type === "trying") {
          honestMs = Math.min(honestMs, performance.now() - started);
          next(message.id);
        } else if (message.type === "tried") {
          tried.add(message.id);
          if (message.by !== null) killed.set(message.id, message.by);
          else survived(mutants.find(({ id }) => id === message.id) as Mutant);
        } else resolve(true);
      });
      worker.once("error", (error) => {
        // A mutant that throws where no test waits for it was noticed.
        if (trying === null) reject(error);
        else {
          killed.set(trying, "it threw");
          tried.add(trying);
        }
      });
      worker.once("exit", () => {
        clearTimeout(timer);
        if (trying !== null) tried.add(trying);
        resolve(false);
      });
    });
  }
}
