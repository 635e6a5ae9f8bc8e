/**
 * Room for SQLite's log: whether SQLite's log may still grow. Past a quota or a limit on the size of files SQLite reports a failed write like any other,
 * and hides the system's error; a file of our own that reaches as far asks the system again.
 */
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";

const NO_ROOM = new Set(["EDQUOT", "EFBIG", "ENOSPC"]);
const BLOCK = Buffer.alloc(4096);

export function hasRoom(path: string): boolean {
  const probe = `${path}-probe-${process.pid}`;
  let file: number | null = null;
  try {
    const reached = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    file = openSync(probe, "w");
    writeSync(file, BLOCK, 0, BLOCK.length, reached);
    return true;
  } catch (error) {
    return !NO_ROOM.has((error as NodeJS.ErrnoException).code ?? "");
  } finally {
    if (file !== null) closeSync(file);
    rmSync(probe, { force: true });
  }
}
