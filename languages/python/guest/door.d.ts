/** The glue's door: what the worker gives the glue, beside the ops that it gives any guest. */
export interface PythonDoor {
  /** A file of the image: the standard library, or a time zone. */
  (op: "resource", name: string): ArrayBuffer | undefined;
  (op: "entropy", bytes: number): ArrayBuffer;
  /** Where the action stands, as the JSON text of a trace. */
  (op: "where", trace: string): void;
  /** Python itself noticed that its time, or its memory, is up. */
  (op: "verdict", verdict: "timed_out" | "out_of_memory"): void;
  /** WebAssembly came to an end that Python knows nothing of. */
  (op: "fault", name: string, message: string): void;
  /** Any op of any guest. */
  (op: string, ...parts: readonly (string | number | null | undefined | Uint8Array)[]): unknown;
}

export interface Start {
  /** Milliseconds since the epoch. */
  readonly now: number | null;
  readonly seed: string | null;
  /** Of a run that is recorded: what the clock shows until the next turn. */
  readonly at?: number;
  /** Milliseconds until Python is interrupted because its time is up. */
  readonly softMs: number;
  /** Bytes that the run may take beside the image. */
  readonly memoryBytes: number;
  /** The instance will play another run: it must be left as if this one had not been. */
  readonly lasts: boolean;
}

/** Of the image that was baked. */
export interface ImageFacts {
  readonly turn: number;
  readonly where: number;
  readonly trampoline: number;
  readonly addresses: Readonly<Record<string, number>>;
  readonly imports: readonly (readonly [module: string, name: string])[];
  readonly libraryPath: string;
  readonly librarySeconds: number;
}
