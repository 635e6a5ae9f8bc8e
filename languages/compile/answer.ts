/**
 * The answers of a compile process as they lie on its channel, for both sides: parts of a kind and a length each. Texts come first, in one order, as the bytes
 * in which V8 keeps them; the head, which is JSON, ends an answer. How long an answer may be follows from what was asked.
 */
import type { Diagnostic } from "../diagnostic.ts";
import type { EntryPlace, LineMark, Mark } from "../source-positions.ts";
import type { FileStamp } from "./file-stamp.ts";
import type { CompileRequest } from "./messages.ts";

export const READY = 0;
export const LATIN1 = 1;
export const UTF16 = 2;
export const HEAD = 3;
/** The kind, then the length as a 32-bit little-endian number. */
export const PART_HEADER_BYTES = 5;

/** Of JSON: names and stamps of the files that a compile looked at, and what is wrong with it. Some forty thousand files have room. */
export const HEAD_BYTES = 8 * 1024 * 1024;
/** The script, the map, the map's mappings, the texts of its sources in one. */
export const TEXTS = 4;
const MEBIBYTE = 1024 * 1024;
/** Of a text beyond Latin-1, for one character; a script has no more characters than bytes. */
const UNIT_BYTES = 2;

/** Everything in a head but the texts, of which `texts` says how many came before it. */
export type AnswerHead = {
  readonly texts: number;
  readonly stamps: readonly FileStamp[];
  readonly contents: readonly (readonly [name: string, sha256: string])[];
} & (
  | {
      readonly type: "built";
      readonly inputs: readonly string[];
      readonly warnings: readonly Diagnostic[];
      readonly index: {
        readonly sources: readonly string[];
        /** How long the text of each source is. */
        readonly lengths: readonly (number | null)[];
        readonly marks: readonly Mark[];
        readonly lines: readonly (readonly LineMark[])[];
        readonly entry: EntryPlace | null;
      } | null;
    }
  | { readonly type: "too_large"; readonly bytes: number }
  | { readonly type: "failed"; readonly diagnostics: readonly Diagnostic[] }
);

type Limits = Pick<CompileRequest, "bundleBytes">;

/** Bytes that the script may take on the channel. */
export function scriptRoom({ bundleBytes }: Limits): number {
  return UNIT_BYTES * bundleBytes;
}

/** Bytes that all texts may take together: the script, and a map that says of each of its characters where it is from. */
export function textRoom({ bundleBytes }: Limits): number {
  return 8 * bundleBytes + 16 * MEBIBYTE;
}
