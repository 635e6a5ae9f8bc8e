/** Messages of compiles: what the host and the compile process say to each other. Types only, so that the compile process starts with little to load. */
import type { PackageSource } from "../action.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { FileStamp } from "./file-stamp.ts";
import type { PositionIndex } from "../source-positions.ts";

/** What the module of a language's compiler exports under the name `compile`. Rejects only where the process is not to be used again. */
export type Compile = (request: CompileRequest) => Promise<CompileResult>;

export interface CompileRequest {
  /** URL of the module that compiles this language. */
  readonly compiler: string;
  /** The author's name of the entry; relative to `root` with forward slashes where there is one. */
  readonly filename: string;
  readonly source: string;
  /** Real path of the folder whose files may be imported. */
  readonly root: string | null;
  readonly packages: PackageSource | null;
  /** What the runtime's options say of this language alone; its compiler knows the shape. */
  readonly settings: unknown;
  /** What the compiler reads beside the root and the packages. */
  readonly reads: readonly string[];
  /** The compile process sees neither that folder nor these: it asks the host for them (host-disk.ts). */
  readonly isHanded?: boolean;
  readonly sourceBytes: number;
  readonly bundleBytes: number;
}

export type CompileResult = CompileEnd & {
  /** Everything on disk that the result depends on. */
  readonly stamps: readonly FileStamp[];
  /** Name and content hash of every imported file, packages' files included. */
  readonly contents: readonly (readonly [name: string, sha256: string])[];
};

export type CompileEnd =
  | {
      readonly type: "built";
      readonly script: string;
      readonly map: string;
      /** Null for a language whose code needs no source map. */
      readonly index: PositionIndex | null;
      readonly inputs: readonly string[];
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly type: "too_large"; readonly bytes: number }
  | { readonly type: "failed"; readonly diagnostics: readonly Diagnostic[] };
