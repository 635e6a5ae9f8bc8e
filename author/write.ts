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
    const code = (error as NodeJS.ErrnoException).code ?? "an unknown error";
    throw new InputError("FILE_UNWRITABLE", `${shown(path)} cannot be written: the system says ${code}.`);
  }
}
