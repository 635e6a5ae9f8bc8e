/**
 * Gets an action's text, from memory or from a file, and checks it before anything is started for it. Whatever is wrong with it is said in
 * one sentence; reading never throws and never waits on a pipe or a device.
 */
import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { basename, dirname, relative, sep } from "node:path";
import { DEFAULT_FILENAME } from "../action.ts";
import type { ActionSource } from "../action.ts";
import { wholeActionError } from "../diagnostic.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { inside } from "./inside.ts";

export type ReadAction =
  | { readonly ok: true; readonly filename: string; readonly source: string; readonly root: string | null }
  | { readonly ok: false; readonly filename: string; readonly diagnostic: Diagnostic };

export async function readAction(
  action: Exclude<ActionSource, { readonly hash: string }>,
  sourceBytes: number,
): Promise<ReadAction> {
  if ("source" in action) {
    const filename = shownName(action.filename ?? DEFAULT_FILENAME);
    const { source } = action;
    // The length alone settles most cases: UTF-8 takes at least one byte a code unit.
    if (source.length > sourceBytes || Buffer.byteLength(source) > sourceBytes) return tooLarge(filename, sourceBytes);
    return checkText(filename, source, null);
  }
  return readFileAction(action.file, action.root, sourceBytes);
}

async function readFileAction(file: string, givenRoot: string | undefined, sourceBytes: number): Promise<ReadAction> {
  const shown = shownName(basename(file));
  let real: string;
  let root: string;
  try {
    real = await realpath(file);
    const stats = await stat(real);
    if (stats.isDirectory()) return unreadable(shown, "it is a directory");
    if (!stats.isFile()) return unreadable(shown, "it is not a regular file");
  } catch (error) {
    return unreadable(shown, whyNot(error));
  }
  try {
    root = givenRoot === undefined ? dirname(real) : await realpath(givenRoot);
    if (!(await stat(root)).isDirectory()) return unreadable(shown, "its root is not a directory");
  } catch (error) {
    return unreadable(shown, `of its root: ${whyNot(error)}`);
  }
  if (!inside(real, root)) return unreadable(shown, "it lies outside its root");
  const filename = shownName(relative(root, real).split(sep).join("/"));
  return readText(real, filename, root, sourceBytes);
}

async function readText(real: string, filename: string, root: string, sourceBytes: number): Promise<ReadAction> {
  try {
    await using handle = await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await handle.stat();
    if (!stats.isFile()) return unreadable(filename, "it is not a regular file");
    if (stats.size > sourceBytes) return tooLarge(filename, sourceBytes);
    const bytes = Buffer.alloc(sourceBytes + 1 > stats.size * 2 + 4096 ? stats.size * 2 + 4096 : sourceBytes + 1);
    let filled = 0;
    for (let got = -1; got !== 0 && filled < bytes.length; filled += got) {
      got = (await handle.read(bytes, filled, bytes.length - filled)).bytesRead;
    }
    if (filled > sourceBytes) return tooLarge(filename, sourceBytes);
    const text = bytes.subarray(0, filled);
    if (text.includes(0)) return notText(filename, "is a binary file, not the text of an action");
    try {
      return checkText(filename, new TextDecoder("utf-8", { fatal: true }).decode(text), root);
    } catch {
      return notText(filename, "is not UTF-8 text");
    }
  } catch (error) {
    return unreadable(filename, whyNot(error));
  }
}

function checkText(filename: string, source: string, root: string | null): ReadAction {
  if (source.includes("\0")) return notText(filename, "holds a null character: it is no text of an action");
  return { ok: true, filename, source, root };
}

function shownName(name: string): string {
  const clean = name.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd").replaceAll("\\", "/");
  const short = clean
    .split("/")
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/")
    .slice(-200);
  return short === "" ? DEFAULT_FILENAME : short;
}

function whyNot(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission is denied";
  if (code === "ELOOP") return "its symbolic links go in a circle";
  return `the system answered ${code ?? "with an unknown error"}`;
}

function unreadable(filename: string, why: string): ReadAction {
  const text = `${filename} cannot be read: ${why}.`;
  return { ok: false, filename, diagnostic: wholeActionError("ACTION_UNREADABLE", text, filename) };
}

function notText(filename: string, what: string): ReadAction {
  return { ok: false, filename, diagnostic: wholeActionError("SOURCE_NOT_TEXT", `${filename} ${what}.`, filename) };
}

function tooLarge(filename: string, limit: number): ReadAction {
  const text = `${filename} is larger than the ${limit} bytes that an action's source may have.`;
  return { ok: false, filename, diagnostic: wholeActionError("SOURCE_TOO_LARGE", text, filename) };
}
