/**
 * An action's script as a debugger is shown it: under a URL beside the author's file, with a source map in it whose sources are the author's files
 * by their full URLs. That is what editors resolve with nothing configured; packages are marked as code to be skipped.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TraceMap, eachMapping } from "@jridgewell/trace-mapping";
import type { Artifact } from "../languages/action.ts";

export interface ShownScript {
  /** That of the run: a replay gives what a recording brings along a hash of its own. */
  readonly hash: string;
  readonly url: string;
  /** With its source map in it. */
  readonly code: string;
  readonly map: RawMap;
  /** The first line of the entry point in the script, from 0. */
  readonly entry: { readonly line: number; readonly column: number };
}

export interface RawMap {
  readonly version: 3;
  readonly sources: string[];
  readonly sourcesContent?: (string | null)[];
  readonly names: string[];
  readonly mappings: string;
  /** The sources that debuggers skip. */
  readonly ignoreList?: number[];
}

/** `hash` is that by which the run names its script. `folder` is where the author's files lie; null for an action that is no file. */
export function shownScript(artifact: Artifact, hash: string, folder: string | null): ShownScript {
  const map = JSON.parse(artifact.map) as RawMap;
  const contents = map.sourcesContent ?? [];
  const isOwn = (at: number): boolean => typeof contents[at] === "string";
  const sources = map.sources.map((name, at) => (isOwn(at) ? urlOf(name, folder) : `baton-package:///${name}`));
  const ignoreList = sources.flatMap((_, at) => (isOwn(at) ? [] : [at]));
  const shown = { ...map, sources, ignoreList };
  const data = Buffer.from(JSON.stringify({ ...shown, x_google_ignoreList: ignoreList })).toString("base64");
  return {
    hash,
    url: `${urlOf(artifact.filename, folder)}.baton.js`,
    code: `${artifact.script}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${data}\n`,
    map: shown,
    entry: entryOf(artifact, map),
  };
}

function urlOf(name: string, folder: string | null): string {
  return folder === null ? new URL(name, "baton-action:///").href : pathToFileURL(join(folder, name)).href;
}

const START = { line: 0, column: 0 };

function entryOf(artifact: Artifact, map: RawMap): ShownScript["entry"] {
  const place = artifact.positions?.entry;
  if (place === null || place === undefined) return START;
  // The list of exports may be mapped to the same line; the function stands behind it, and its body behind its head.
  let found: ShownScript["entry"] = START;
  eachMapping(new TraceMap(map), ({ source, originalLine, generatedLine, generatedColumn }) => {
    if (source === artifact.filename && originalLine === place.line)
      found = { line: generatedLine - 1, column: generatedColumn };
  });
  return found;
}
