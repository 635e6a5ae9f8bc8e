/**
 * An image: what the isolates of one language are made of before a run comes. The sandbox plays any image and knows no language; the
 * pool lends a process to one cordon and one image.
 */
import { readAsset, readParts } from "./assets.ts";
import type { Json } from "../base/json.ts";

export interface Image {
  /** Names the image: runs of different images never share a worker process. */
  readonly id: string;
  /** Which maker of isolates in the worker plays it; `SCRIPTS` for images made of guest scripts alone. */
  readonly runner: string;
  /** The first script of every isolate. Empty where the runner brings its own. */
  readonly bootstrap: string;
  /** Guest scripts that run in every isolate before the artifact does; each evaluates to `(bridge) => void`. */
  readonly preludes: readonly Prelude[];
  /** Scripts that a guest may load on demand, by name. */
  readonly parts: Readonly<Record<string, string>>;
  /**
   * A guest script that evaluates to `(text, bridge) => exports`: it reads artifacts that are no scripts of V8's.
   * Null where artifacts are scripts, each a function `(exports, module) => void`.
   */
  readonly loader: string | null;
  /** What a runner of its own needs beside this. */
  readonly data: Json;
  readonly rehearsal: Rehearsal | null;
  /** Paths of files that its runner reads: opened by the host, and handed to the worker process as descriptors, in this order. */
  readonly files: readonly string[];
  readonly weight: ImageWeight;
}

/** What the watch allows beside what runs may take. */
export interface ImageWeight {
  /** Bytes that a worker process of this image takes more than one of scripts. */
  readonly processBytes: number;
  /** Bytes that each isolate takes before its run has taken any. */
  readonly isolateBytes: number;
  /** Milliseconds of CPU time that making an isolate, or letting one go, may keep the process from giving a sign of life. */
  readonly isolateMs: number;
}

export interface Prelude {
  readonly name: string;
  readonly code: string;
}

/**
 * An artifact of the host's own that an isolate plays once while it is made ready, so that what a run goes through has run before.
 * It must leave nothing behind: host calls get `answer`, and a prelude's `onStart` is called for it as it will be for the run.
 */
export interface Rehearsal {
  readonly code: string;
  readonly entryPoint: string;
  readonly input: Json;
  readonly preludeData: Readonly<Record<string, Json>>;
  readonly answer: Json;
}

/** The runner that every worker has: guest scripts in an isolate. */
export const SCRIPTS = "scripts";

/** An image of guest scripts, with the sandbox's own bootstrap. */
export function scriptImage(parts: {
  readonly id?: string;
  readonly preludes?: readonly Prelude[];
  readonly loader?: string;
  readonly rehearsal?: Rehearsal;
}): Image {
  return {
    id: parts.id ?? SCRIPTS,
    runner: SCRIPTS,
    bootstrap: readAsset("bootstrap.js"),
    preludes: parts.preludes ?? [],
    parts: readParts(),
    loader: parts.loader ?? null,
    data: null,
    rehearsal: parts.rehearsal ?? null,
    files: [],
    weight: { processBytes: 0, isolateBytes: 0, isolateMs: 0 },
  };
}
