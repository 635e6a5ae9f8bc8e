/** The end of a started process with all that is in it, whatever it is doing. Only its parent, which reaps it, knows that its id is still its own. */
import { readFileSync } from "node:fs";

interface Ended {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  kill(signal: NodeJS.Signals): boolean;
}

/**
 * The process itself first: native code in it may have left its group, and the order to die with its parent. The end of the first process of a
 * namespace ends all that are in it. Bubblewrap takes the worker along only once both are up; killed before that, its child would wait for it for ever.
 */
export function endTree(child: Ended, forks: boolean): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (forks && child.exitCode === null && child.signalCode === null) {
    const walled = workerPid(pid, { forks });
    if (walled !== pid) kill(walled);
  }
  if (!kill(-pid)) child.kill("SIGKILL");
}

/** False where there is no such process or group, or not yet. */
export function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** The id of the process that is walled in, once it runs. */
export function workerPid(started: number, { forks }: { readonly forks: boolean }): number {
  if (!forks) return started;
  try {
    return Number(readFileSync(`/proc/${started}/task/${started}/children`, "utf8").split(" ")[0]) || started;
  } catch {
    return started;
  }
}
