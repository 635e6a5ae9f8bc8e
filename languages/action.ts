/**
 * Actions and artifacts. The host names the action to run or compile: as text, as a file, or by the hash of something compiled before.
 * What compiling makes of it is here too, so that the code that runs a bundle need not know the compiler.
 */
import type { Diagnostic } from "./diagnostic.ts";
import type { SourcePositions } from "./source-positions.ts";

export type ActionSource =
  | ({ readonly source: string; readonly filename?: string | undefined } & OfferedPackages)
  /** `root` is the folder whose files the action may import; without it, the file's own folder. */
  | ({ readonly file: string; readonly root?: string | undefined } & OfferedPackages)
  | { readonly hash: string };

export interface OfferedPackages {
  /** Of the packages that the host offers, the ones that this action may import; without it all of them. */
  readonly packages?: readonly string[] | undefined;
}

export const DEFAULT_FILENAME = "action.ts";

/** The name under which the sandbox evaluates a bundle: V8's frames read `at fn (baton:action:LINE:COLUMN)`. */
export const SCRIPT_NAME = "baton:action";

/** npm packages that actions may import: exact versions, installed in `folder/node_modules` by the host. */
export interface PackageSource {
  readonly folder: string;
  readonly allow: Readonly<Record<string, string>>;
}

export interface CompileLimits {
  readonly sourceBytes: number;
  readonly bundleBytes: number;
  readonly compileMs: number;
}

export type Compiled = Artifact | NotCompiled;

/** What compiling makes of an action: what a worker runs, and what its errors are mapped back with. */
export interface Artifact {
  readonly ok: true;
  readonly hash: string;
  /** The id of the language that made it, and plays it. */
  readonly language: string;
  /** The author's name for the entry file, as stacks and frames show it. */
  readonly filename: string;
  /** In the form that the language's image plays. */
  readonly script: string;
  /** Source map of `script`, JSON text with the text of the author's own files; empty for a language whose code needs none. */
  readonly map: string;
  /** What the map says, kept between two errors of the same action. */
  readonly positions?: SourcePositions;
  /** The files that went into it: names relative to the root, and `package@version/file`. */
  readonly inputs: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

export interface NotCompiled {
  readonly ok: false;
  readonly hash: string;
  /** The code of the first diagnostic. */
  readonly code: string;
  readonly diagnostics: readonly Diagnostic[];
}
