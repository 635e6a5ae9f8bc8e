/**
 * Python's artifact: what compiling makes of a Python action: every module with its text and the code that CPython made of it. Its JSON text is the
 * artifact's script.
 */
export interface ArtifactModule {
  /** The author's name of the file. */
  readonly file: string;
  readonly source: string;
  readonly package: boolean;
  /** CPython's code object, marshalled, in base64. */
  readonly code: string;
}

export interface PythonArtifact {
  readonly kind: "action";
  /** The name of the action's module. */
  readonly entry: string;
  /** Modules whose public names are among the builtins. */
  readonly globals: readonly string[];
  readonly modules: Readonly<Record<string, ArtifactModule>>;
}
