/**
 * An action's script as a debugger is shown it: under a URL beside the author's file, with a source map in it whose sources are the author's files
 * by their full URLs. That is what editors resolve with nothing configured; packages are marked as code to be skipped.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LEAST_UPPER_BOUND, TraceMap, generatedPositionFor } from "@jridgewell/trace-mapping";
import type { Artifact } from "../languages/action.ts";

export interface ShownScript {
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

/** `folder` is where the author's files lie; null for an action that is no file. */
export function shownScript(artifact: Artifact, folder: string | null): ShownScript {
  const map = JSON.parse(artifact.map) as RawMap;
  const contents = map.sourcesContent ?? [];
  const isOwn = (at: number): boolean => typeof contents[at] === "string";
  const sources = map.sources.map((name, at) => (isOwn(at) ? urlOf(name, folder) : `baton-package:///${name}`));
  const ignoreList = sources.flatMap((_, at) => (isOwn(at) ? [] : [at]));
  const shown = { ...map, sources, ignoreList };
  const data = Buffer.from(JSON.stringify({ ...shown, x_google_ignoreList: ignoreList })).toString("base64");
  return {
    hash: artifact.hash,
    url: `${urlOf(artifact.filename, folder)}.baton.js`,
    code: `${artifact.script}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${data}\n`,
    map: shown,
    entry: entryOf(artifact, map),
  };
}

function urlOf(name: string, folder: string | null): string {
  return folder === null ? new URL(name, "baton-action:///").href : pathToFileURL(join(folder, name)).href;
}

function entryOf(artifact: Artifact, map: RawMap): ShownScript["entry"] {
  const place = artifact.positions?.entry;
  if (place === null || place === undefined) return { line: 0, column: 0 };
  const { line, column } = generatedPositionFor(new TraceMap(map), {
    source: artifact.filename,
    line: place.line,
    column: Math.max(0, place.column - 1),
    bias: LEAST_UPPER_BOUND,
  });
  return line === null ? { line: 0, column: 0 } : { line: line - 1, column };
}
