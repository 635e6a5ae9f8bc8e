/** Reads the text files that a command is pointed at. Every way it can fail is one sentence that names the file as it was typed. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { relative } from "node:path";
import type { Readable } from "node:stream";
import type { Json } from "../sandbox/index.ts";
import { InputError } from "./input-error.ts";
import type { InputErrorCode } from "./input-error.ts";
import { findJsonMistake } from "./json-position.ts";
import { visibleLine } from "./text.ts";

/** More than any limit allows; read no further than that into memory. */
const LARGEST = 64 * 1024 * 1024;

export async function readTextFile(path: string, what: string): Promise<string> {
  const name = `${what} ${shown(path)}`;
  try {
    if ((await stat(path)).isDirectory())
      throw new InputError("FILE_UNREADABLE", `${name} is a directory, not a file.`);
    return await readText(createReadStream(path), name);
  } catch (error) {
    throw unreadable(error, name);
  }
}

/** `code` is for text that is not JSON. */
export async function readJsonFile(path: string, what: string, code: InputErrorCode): Promise<Json> {
  const text = await readTextFile(path, what);
  const mistake = findJsonMistake(text);
  if (mistake === null) return JSON.parse(text) as Json;
  const { line, column, expected } = mistake;
  throw new InputError(
    code,
    `${what} ${shown(path)} is not JSON: line ${line}, column ${column}: expected ${expected}.`,
  );
}

export async function readTextStream(stream: NodeJS.ReadStream, what: string): Promise<string> {
  return readText(stream, `${what} on standard input`);
}

/** Stops at the cap instead of asking for a size first: a pipe has none, and a device has no end. */
async function readText(stream: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > LARGEST) throw new InputError("FILE_UNREADABLE", `${name} is too large: more than ${LARGEST} bytes.`);
    chunks.push(bytes);
  }
  return decode(Buffer.concat(chunks), name);
}

/** A path as a person would name it: from where they stand, unless that leads far up. */
export function shown(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return visibleLine(fromHere === "" ? "." : fromHere.startsWith("..") ? path : fromHere);
}

function decode(bytes: Buffer, name: string): string {
  try {
    // A byte order mark at the start is dropped by the decoder.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError("FILE_UNREADABLE", `${name} is not text in UTF-8.`);
  }
}

function unreadable(error: unknown, name: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof InputError || typeof code !== "string") return error;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    ENOTDIR: "there is no such file",
    EACCES: "reading it is not permitted",
    EPERM: "reading it is not permitted",
    ELOOP: "its symbolic links go in a circle",
    ENAMETOOLONG: "its name is too long",
  };
  return new InputError("FILE_UNREADABLE", `${name} cannot be read: ${reasons[code] ?? `the system says ${code}`}.`);
}
