// Reads the imports of the sources, types included. Works on the text: the formatter puts every statement at the start of a line with its
// specifier in double quotes, and the type checker has seen to the rest.
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

export interface Import {
  readonly from: string;
  /** A path below the root for a file of ours, else the specifier as it stands. */
  readonly to: string;
  /** Gone when types are stripped. */
  readonly typeOnly: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
}

const root = fileURLToPath(new URL("../", import.meta.url));

const STATEMENT = /^(?:import|export)\s+(?:(type)\s+)?(?:[^"';]*?\sfrom\s*)?"([^"]+)"/gm;
const EXPRESSION = /(\btypeof\s+)?\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/g;
const REFERENCE = /^\/\/\/\s*<reference\s+(?:path|types)="([^"]+)"/gm;

export function readSources(rooms: readonly string[]): Source[] {
  return rooms
    .flatMap((room) => globSync(`${room}/**/*.{ts,tsx}`, { cwd: root }))
    .map((path) => path.replaceAll("\\", "/"))
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }));
}

export function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text);
  const found = [
    ...[...code.matchAll(STATEMENT)].map(([, type, to]) => ({ to: to!, typeOnly: type !== undefined })),
    ...[...code.matchAll(EXPRESSION)].map(([, type, to]) => ({ to: to!, typeOnly: type !== undefined })),
    ...[...text.matchAll(REFERENCE)].map(([, to]) => ({ to: to!, typeOnly: true })),
  ];
  return found.map(({ to, typeOnly }) => ({ from: path, to: resolve(path, to), typeOnly }));
}

function resolve(from: string, to: string): string {
  return to.startsWith(".") ? posix.join(posix.dirname(from), to) : to;
}

/** Lines that are comments from their start on: prose about imports stands in those alone. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm, "");
}
