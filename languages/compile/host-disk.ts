/**
 * The disk of an action's files, which a compile process does not see: it asks the host on a descriptor of its own and stands still until that has
 * answered. Used on the inner side alone; the host's is file-server.ts.
 */
import { readSync, writeSync } from "node:fs";
import { HEADER_BYTES, decodeFrame, encodeFrame, frameSize } from "../../sandbox/protocol/wire.ts";
import type { Disk, FileProblem, Looked } from "./disk.ts";

/** Behind the channel on which the host asks for compiles. */
export const FILES_DESCRIPTOR = 4;

export type FileQuestion =
  | { readonly ask: "leads_outside"; readonly path: string }
  | { readonly ask: "look"; readonly path: string }
  | { readonly ask: "read"; readonly path: string; readonly limit: number };

export const HOST_DISK: Disk = {
  leadsOutside: (path) => JSON.parse(ask({ ask: "leads_outside", path }).json) as boolean,
  look: (path) => JSON.parse(ask({ ask: "look", path }).json) as Looked,
  read(path, limit) {
    const { json, bytes } = ask({ ask: "read", path, limit });
    return (JSON.parse(json) as FileProblem | null) ?? Buffer.from(bytes ?? []);
  },
};

function ask(question: FileQuestion): { readonly json: string; readonly bytes: Uint8Array | undefined } {
  const data = encodeFrame(JSON.stringify(question));
  for (let at = 0; at < data.length;) at += writeSync(FILES_DESCRIPTOR, data, at);
  const header = readExactly(HEADER_BYTES);
  return decodeFrame(Buffer.concat([header, readExactly(frameSize(header) - HEADER_BYTES)]));
}

function readExactly(length: number): Buffer {
  const data = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) {
    const got = readSync(FILES_DESCRIPTOR, data, at, length - at, null);
    // The host is gone.
    if (got === 0) process.exit(1);
    at += got;
  }
  return data;
}
