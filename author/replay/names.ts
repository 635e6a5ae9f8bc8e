/** Names of recordings, and how a file in one folder names one in another. */
import { dirname, relative, sep } from "node:path";

export const RECORDING_FORM = /\.recording\.json$/;

/** `file` as `path` names it, with forward slashes. */
export function seenFrom(path: string, file: string): string {
  const way = relative(dirname(path), file).split(sep).join("/");
  return way.startsWith(".") ? way : `./${way}`;
}
