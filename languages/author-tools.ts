/**
 * The author's tools of a language: what the author's commands ask of it, which alone knows how its actions are written: `baton check`, `baton schema`,
 * `baton init`.
 */
import type { Diagnostic } from "./diagnostic.ts";

export interface AuthorTools {
  /** What is likely wrong with an action, beyond what compiling says. */
  check(request: CheckRequest): Promise<readonly Diagnostic[]>;
  /** The author's own files that an action is made of, itself first: what `check` reads. Absent where it reads the action alone. */
  modules?(file: string): readonly string[];
  /** The JSON Schema of an action's `args`, with what could not be read of it. */
  argsSchema(request: SourceText): Promise<ArgsSchema>;
  /** Declarations and settings for editors, by file name. */
  stubs(): Readonly<Record<string, string>>;
  /** npm packages that its actions need beside ours. */
  readonly packages: readonly string[];
  /** The files that `baton init` writes for a first action, by path. */
  scaffold(): Readonly<Record<string, string>>;
}

export interface SourceText {
  /** The file's path. */
  readonly file: string;
  /** The author's name of the file. */
  readonly filename: string;
  readonly source: string;
}

export interface CheckRequest extends SourceText {
  /** The folder whose files it may import. */
  readonly root?: string;
  /** Whether it has to have an entry point; default true. */
  readonly isAction?: boolean;
  /** What the configuration says of the language. */
  readonly settings?: unknown;
  /** Names that the configuration knows; absent where there is none. */
  readonly config?: { readonly packages: readonly string[]; readonly secrets: readonly string[] };
}

export interface ArgsSchema {
  /** Null where the action does not say what its args are. */
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** What the action does, in the author's words. */
  readonly description: string | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Where only running the action can give the schema. */
  readonly program?: SchemaProgram;
}

/** An action whose result is the schema, to be run as a file beside the author's. */
export interface SchemaProgram {
  readonly source: string;
  /** Of the file's name. */
  readonly ending: string;
  /** What it runs, for the sentence that says that it cannot be used. */
  readonly what: string;
}
