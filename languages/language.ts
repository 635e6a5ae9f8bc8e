/**
 * The seam of languages: everything that the house asks of a language in which actions are written. The runtime, the compiler's front,
 * the pool and the author's tools know this interface alone.
 */
import type { Image } from "../sandbox/index.ts";
import type { Artifact } from "./action.ts";
import type { AuthorTools } from "./author-tools.ts";
import type { Position } from "./position.ts";

export interface Language {
  readonly id: string;
  /** Endings of file names, with the dot. A name with none of any language's is the first language's. */
  readonly extensions: readonly string[];
  /** Names to look for in what an artifact brings, first match wins. */
  readonly entryPoints: readonly string[];
  /**
   * URL of the module that compiles it: it exports `compile: Compile`, and is loaded in a compile process, never in the host.
   * Loading it may take its time; the clock of a compile starts afterwards.
   */
  readonly compiler: string;
  /** What a guest's own position in the script begins with. A text that has it is put into the author's positions by `errors().texts`. */
  readonly positionMark?: string;
  /** What its isolates are made of. Read when the first process is started for it, and kept by the caller. */
  image(): Image;
  /** Loaded when a run first ends in an error: a start does not wait for it. */
  errors(): Promise<AuthorErrors>;
  /** Checks what a runtime's options say of this language, under its id; throws a ZodError. Absent where there is nothing to say. */
  readSettings?(given: unknown): unknown;
  /** Files and folders beside the action that its compiler reads with these settings: the compile process is given a user who may. */
  compilerReads?(settings: unknown): readonly string[];
  /** Folders of its own that its compiler reads, where they lie apart from this package. */
  compilerFolders?(): readonly string[];
  /** What the author's commands ask, loaded only for them. */
  author?(): Promise<AuthorTools>;
}

/** How the language's errors read to the author: by file, line and column of their own. All text that comes in is hostile. */
export interface AuthorErrors {
  /** A stack or traceback as the guest gave it, in the author's lines; empty where nothing of it is the author's. */
  mapStack(raw: string | null, artifact: Artifact, heading?: Heading): MappedStack;
  /** Where the entry point is defined: shown for an end that left no position of its own. */
  entryPosition(artifact: Artifact): (Position & { readonly frame: string }) | null;
  /** A name in the source that was likely meant to be the entry point, in a sentence; null where there is none. */
  entryHint(artifact: Artifact): string | null;
  /** What to do about an error that ended the run before anything could handle it; absent where the language has no such errors. */
  readonly unhandledAdvice?: string;
  /** What to use instead of something that actions do not have; null where nothing better is known than the error itself. */
  hintFor(errorName: string, message: string): string | null;
  /** The same of an error that says something only beside the line where it came up; absent where the language has none. */
  hintAt?(message: string, frame: string): string | null;
  /** Puts the author's positions in the place of the guest's, in texts that an action made. What it costs a run has a limit. */
  texts?(artifact: Artifact): OwnTexts;
}

export interface OwnTexts {
  /** The very same text where there is nothing of the guest's in it. */
  map(text: string): string;
  /** For a text that was cut, maybe in the middle of a position. */
  mapCut(text: string): string;
}

/** The first line of an error. */
export interface Heading {
  readonly text: string;
  /** It takes the place of what the guest's own text begins with: the engine's sentence of a limit, say. */
  readonly replaces: boolean;
}

export interface MappedStack {
  readonly stack?: string;
  readonly frame?: string;
  /** The topmost line of the author's own files. */
  readonly position?: Position;
  /** The errors inside this one, in the order of the text, each with the first of its lines that is the author's. */
  readonly inner?: readonly InnerError[];
}

export interface InnerError {
  /** How it is inside: `Caused by`, `Error 1 of 3`, `Suppressed`. */
  readonly label: string;
  /** Its name and message. */
  readonly title: string;
  readonly frame?: string;
}
