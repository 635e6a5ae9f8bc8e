/** Writes a file whole or not at all: a reader never sees half of it, and what was there stays when writing fails. */
import { rename, rm, writeFile } from "node:fs/promises";
import { shown } from "./files.ts";
import { InputError } from "./input-error.ts";

export async function writeFileWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw unwritable(error, path);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the file system is read-only",
  EACCES: "writing there is not permitted",
  EPERM: "writing there is not permitted",
  EISDIR: "there is a directory of this name",
};

export function unwritable(error: unknown, path: string): InputError {
  const code = (error as NodeJS.ErrnoException).code ?? "an unknown error";
  return new InputError(
    "FILE_UNWRITABLE",
    `${shown(path)} cannot be written: ${REASONS[code] ?? `the system says ${code}`}.`,
  );
}
