/**
 * The readers of a session, and whether one is left. The program that started it may be killed without a sign: an editor, npx, a terminal. A session that
 * answers to a terminal or through a pipe has no reader then; one whose output goes into a file is left to run on its own (`nohup`).
 * The end of standard input alone says nothing: many start a session with none.
 */
import { fstatSync } from "node:fs";

const LOOK_MS = 400;

/** Resolves when the parent of this process has gone and nothing else reads what it says; never, if it is on its own. */
export function audienceGone(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { ppid } = process;
  if (!isSpokenTo()) return promise;
  const look = setInterval(() => {
    if (process.ppid === ppid && isAlive(ppid)) return;
    clearInterval(look);
    resolve();
  }, LOOK_MS);
  signal.addEventListener("abort", () => clearInterval(look), { once: true });
  return promise;
}

function isSpokenTo(): boolean {
  return process.stdout.isTTY || isPipe(process.stdout.fd) || isPipe(process.stdin.fd);
}

function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}

/** Where a process keeps the number of its parent for ever, as on Windows. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
