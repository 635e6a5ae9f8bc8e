/** What a host and its launcher say to each other. Neither is walled in, and nothing that a worker wrote is among it. */
import type { StartRequest } from "./started.ts";

export type ToLauncher =
  | { readonly type: "start"; readonly id: number; readonly request: StartRequest }
  | { readonly type: "end"; readonly id: number };

export type FromLauncher =
  | { readonly type: "up" }
  | { readonly type: "started"; readonly id: number; readonly pid: number }
  | { readonly type: "failed"; readonly id: number; readonly message: string }
  /** The host's end of a pipe comes along with it. */
  | { readonly type: "channel"; readonly id: number; readonly descriptor: number }
  | {
      readonly type: "exit";
      readonly id: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    };
