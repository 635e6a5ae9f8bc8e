/** Frames of the debug process: what host and debug process say to each other beside the frames of every worker. */
import { z } from "zod";
import type { HostFrame } from "../sandbox/protocol/host-frames.ts";
import { readWorkerFrame, workerFrame } from "../sandbox/protocol/worker-frames.ts";
import { type Frame, JSON_KIND } from "../sandbox/protocol/wire.ts";

/** The first argument of the process, as JSON text. */
export interface DebugStart {
  readonly coverage: boolean;
  readonly profile: boolean;
}

export type DebugHostFrame =
  | HostFrame
  /** Its text is attached, with its source map in it. `stopAt` is where to stop before anything else, in the script, from 0. */
  | {
      readonly type: "debug_script";
      readonly hash: string;
      readonly url: string;
      readonly stopAt: { readonly line: number; readonly column: number } | null;
    }
  /** Opens the inspector, on any port that is free where it is 0. With `wait` nothing more is done until a client has attached and is ready. */
  | { readonly type: "open"; readonly port: number; readonly wait: boolean }
  | { readonly type: "collect" };

const debugFrame = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("up") }),
  /** After the wait, if there was one. `url` is where the inspector listens, null where it could not. */
  z.strictObject({ type: z.literal("opened"), url: z.string().max(1_000).nullable() }),
  /** What was measured is attached, as JSON text. */
  z.strictObject({ type: z.literal("coverage") }),
  z.strictObject({ type: z.literal("profile") }),
]);

const debugWorkerFrame = z.union([debugFrame, workerFrame]);

/** Throws for what no debug process of ours sends. */
export function readDebugFrame(frame: Frame): AnyWorkerFrame {
  return frame.kind === JSON_KIND ? debugWorkerFrame.parse(JSON.parse(frame.json)) : readWorkerFrame(frame);
}

export type DebugWorkerFrame = z.infer<typeof debugFrame>;
export type AnyWorkerFrame = z.infer<typeof debugWorkerFrame>;

export const controlMessage = z.strictObject({ type: z.literal("stuck"), limit: z.enum(["wall", "cpu", "memory"]) });
