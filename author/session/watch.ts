/**
 * The watch of a folder: what changed below it. The system's notices only say where to look: a change is what a file's stamp shows, so that
 * editors which truncate and write, write beside and rename, or send notices twice, each make one change of one save.
 * Watches folders and not files, one by one: watching recursively would enter node_modules. A slow look at everything makes up for
 * notices that never come, as on network drives.
 */
import { existsSync, statSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { join } from "node:path";
import { isSkippedFolder, listFiles, listTree } from "../scenarios/files.ts";

export interface Change {
  /** Written or made. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** When the first sign of it was seen, by `Date.now()`. */
  readonly since: number;
}

/** A burst of notices is over when none came for this long. */
const QUIET_MS = 12;
const LONGEST_BURST_MS = 80;
/** A file that was emptied or removed is believed to stay so after this long. */
const BELIEVE_MS = 80;
const LOOK_MS = 1_000;
const NOT_SAVED = /(?:~|\.tmp|\.sw[a-z]|\.bak|\.crswap|^4913)$/;

export class FolderWatch {
  readonly #root: string;
  readonly #onChange: (change: Change) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #stamps = new Map<string, string>();
  readonly #doubtfulSince = new Map<string, number>();
  #since: number | null = null;
  #lastNotice = 0;
  #timer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(root: string, onChange: (change: Change) => void) {
    this.#root = root;
    this.#onChange = onChange;
    this.#watchFolders();
    for (const path of listFiles(root)) this.#stamps.set(path, stampOf(path) ?? "");
    this.#lookLater(LOOK_MS);
  }

  get files(): readonly string[] {
    return [...this.#stamps.keys()].sort();
  }

  /** When the last notice came, by `Date.now()`: more of the same save may follow it closely. */
  get lastNotice(): number {
    return this.#lastNotice;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lookTimer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watchFolders(below = this.#root): void {
    for (const folder of listTree(below).folders) this.#watchFolder(folder);
  }

  #watchFolder(folder: string): void {
    if (this.#closed || this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: true }, (_, name) => this.#notice(folder, name));
      watcher.on("error", () => this.#unwatch(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // Gone again, or the system gives no more watches: the slow look sees to it.
    }
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #notice(folder: string, name: string | null): void {
    if (this.#closed || (name !== null && (isSkippedFolder(name) || NOT_SAVED.test(name)))) return;
    const now = Date.now();
    this.#lastNotice = now;
    this.#since ??= now;
    const path = name === null ? folder : join(folder, name);
    if (isFolder(path)) this.#watchFolders(path);
    else if (!existsSync(folder)) this.#unwatch(folder);
    const inBurst = now - this.#since;
    this.#lookSoon(inBurst >= LONGEST_BURST_MS ? 0 : QUIET_MS);
  }

  #lookSoon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #lookLater(ms: number): void {
    this.#lookTimer = setTimeout(() => {
      const start = performance.now();
      if (this.#since === null) this.#look();
      this.#watchFolders();
      // A folder so large that looking takes long is looked at less often.
      this.#lookLater(Math.max(LOOK_MS, (performance.now() - start) * 50));
    }, ms);
  }

  #look(): void {
    if (this.#closed) return;
    const now = Date.now();
    const changed: string[] = [];
    const removed: string[] = [];
    const present = new Set(listFiles(this.#root).filter((path) => !NOT_SAVED.test(path)));
    for (const path of present) {
      const stamp = stampOf(path);
      if (stamp === null || stamp === this.#stamps.get(path)) continue;
      if (stamp.endsWith(":0") && this.#isDoubtful(path, now)) continue;
      this.#stamps.set(path, stamp);
      this.#doubtfulSince.delete(path);
      changed.push(path);
    }
    for (const path of this.#stamps.keys()) {
      if (present.has(path) || this.#isDoubtful(path, now)) continue;
      this.#stamps.delete(path);
      this.#doubtfulSince.delete(path);
      removed.push(path);
    }
    this.#forgetDoubts(present);
    const since = this.#since ?? now;
    this.#since = this.#doubtfulSince.size > 0 ? since : null;
    if (this.#doubtfulSince.size > 0) this.#lookSoon(QUIET_MS * 2);
    if (changed.length + removed.length > 0) this.#onChange({ changed, removed, since: savedAt(changed, since) });
  }

  /** Emptied or gone only now: the rest of the save is likely to follow. */
  #isDoubtful(path: string, now: number): boolean {
    const since = this.#doubtfulSince.get(path) ?? now;
    this.#doubtfulSince.set(path, since);
    return now - since < BELIEVE_MS;
  }

  #forgetDoubts(present: ReadonlySet<string>): void {
    for (const path of this.#doubtfulSince.keys()) {
      const stamp = present.has(path) ? stampOf(path) : null;
      if (stamp !== null && !stamp.endsWith(":0")) this.#doubtfulSince.delete(path);
    }
  }
}

/** The file's own time where it is that of this save; a copy may carry an older one. */
function savedAt(changed: readonly string[], noticed: number): number {
  const times = changed.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? noticed);
  const earliest = Math.min(noticed, ...times.filter((time) => noticed - time < 250));
  return earliest;
}

function stampOf(path: string): string | null {
  try {
    const { mtimeNs, ino, size } = statSync(path, { bigint: true });
    return `${mtimeNs}:${ino}:${size}`;
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
