/**
 * Folders of versions: where versions of several files lie on this node: a folder for each content, written at its first use. Tenants deploy as much as
 * they like, so those that were not used for longest go once there are too many bytes of them; what is asked for again is written again.
 */
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Folders {
  /** The folder that holds all of them. */
  root(): Promise<string>;
  /** The folder that holds this content. */
  of(hash: string, files: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

export interface FoldersOptions {
  /** Bytes that all of them may have together, before those go that nothing can be reading any more. */
  readonly mostBytes?: number;
  /** How long one that was asked for may be read: its action may wait to be compiled. */
  readonly readMs?: number;
  readonly now?: () => number;
}

interface Kept {
  readonly folder: Promise<string>;
  readonly bytes: number;
  usedAt: number;
}

const MAX_BYTES = 1024 * 1024 * 1024;
const READ_MS = 10 * 60 * 1_000;
/** What a file takes however short it is. */
const FILE_BYTES = 4_096;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one folder
export function createFolders({
  mostBytes = MAX_BYTES,
  readMs = READ_MS,
  now = Date.now,
}: FoldersOptions = {}): Folders {
  let made: Promise<string> | null = null;
  const root = (): Promise<string> =>
    (made ??= mkdtemp(join(tmpdir(), "baton-versions-")).then((folder) => realpath(folder)));
  /** The one that was not used for longest comes first. */
  const kept = new Map<string, Kept>();
  const removing = new Map<string, Promise<void>>();
  let bytes = 0;

  async function write(hash: string, files: Readonly<Record<string, string>>): Promise<string> {
    await removing.get(hash);
    const folder = join(await root(), hash);
    const draft = await mkdtemp(join(await root(), "draft-"));
    try {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(join(draft, dirname(name)), { recursive: true });
        await writeFile(join(draft, name), text);
      }
      await rename(draft, folder);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
    return folder;
  }

  function forget(hash: string, one: Kept): void {
    if (kept.get(hash) !== one) return;
    kept.delete(hash);
    bytes -= one.bytes;
  }

  function trim(): void {
    for (const [hash, one] of kept) {
      if (bytes <= mostBytes || now() - one.usedAt < readMs) return;
      forget(hash, one);
      const gone = one.folder
        .then((folder) => rm(folder, { recursive: true, force: true }))
        .catch(() => undefined)
        .finally(() => removing.delete(hash));
      removing.set(hash, gone);
    }
  }

  return {
    root,
    of(hash, files) {
      const known = kept.get(hash);
      const one = known ?? { folder: write(hash, files), bytes: sizeOf(files), usedAt: 0 };
      one.usedAt = now();
      kept.delete(hash);
      kept.set(hash, one);
      if (known === undefined) {
        bytes += one.bytes;
        one.folder.catch(() => forget(hash, one));
        trim();
      }
      return one.folder;
    },
    async close() {
      await Promise.all(removing.values());
      if (made !== null) await rm(await made, { recursive: true, force: true });
    },
  };
}

const sizeOf = (files: Readonly<Record<string, string>>): number =>
  Object.values(files).reduce((sum, text) => sum + FILE_BYTES + Buffer.byteLength(text), 0);
