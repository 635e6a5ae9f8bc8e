/** What the process of a tree is asked, and what it answers: one message each way at a time. */
import type { RuntimeOptions } from "../../runtime/index.ts";
import type { Kind } from "../fixture.ts";

export interface LaneSetup {
  /** The folder of a built tree. */
  readonly tree: string;
  readonly kind: Kind;
  readonly options: RuntimeOptions;
}

export type LaneRequest =
  /** One execution; with `cold` for a tenant that never ran before, so in a process of its own. */
  | { readonly type: "call"; readonly cold: boolean }
  /** Executions for so many milliseconds, so many at a time. */
  | { readonly type: "window"; readonly ms: number; readonly inFlight: number };

export interface LaneReply {
  /** Microseconds of the call, or of the whole window. */
  readonly us: number;
  readonly runs: number;
  readonly error: string | null;
}
