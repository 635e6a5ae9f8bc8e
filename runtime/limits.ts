/** All limits of one execution, with their defaults. The host sets them for a runtime and for an invocation; an action sets none. */
import { z } from "zod";
import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits } from "../sandbox/index.ts";

export interface Limits extends SandboxLimits {
  /** Bytes of an action's source file. */
  readonly sourceBytes: number;
  /** Bytes of what esbuild makes of it and its imports. */
  readonly bundleBytes: number;
  /** Milliseconds for compiling. */
  readonly compileMs: number;
  /** Bytes of the context as JSON text. */
  readonly contextBytes: number;
  /** Calls of `hand_off_conversation` that are looked at; later ones are answered in the guest. */
  readonly handOffCalls: number;
  /** Calls of `fetch`. */
  readonly fetchCalls: number;
}

export const DEFAULT_LIMITS: Limits = {
  ...DEFAULT_SANDBOX_LIMITS,
  sourceBytes: 1024 * 1024,
  bundleBytes: 5 * 1024 * 1024,
  compileMs: 5_000,
  contextBytes: 1024 * 1024,
  handOffCalls: 20,
  fetchCalls: 20,
};

const amount = (max: number) => z.int().min(1).max(max).optional();
const DAY_MS = 24 * 60 * 60 * 1_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Some limits, as a host or a configuration file gives them. */
export const limitsSchema = z.strictObject({
  wallMs: amount(DAY_MS),
  cpuMs: amount(DAY_MS),
  // isolated-vm gives an isolate no less than 8 MiB.
  memoryMiB: z.int().min(8).max(4_096).optional(),
  returnBytes: amount(MAX_BYTES),
  argumentBytes: amount(MAX_BYTES),
  hostCalls: z.int().min(0).max(1_000_000).optional(),
  logLines: z.int().min(0).max(1_000_000).optional(),
  logBytes: z.int().min(0).max(MAX_BYTES).optional(),
  sourceBytes: amount(MAX_BYTES),
  bundleBytes: amount(MAX_BYTES),
  compileMs: amount(DAY_MS),
  contextBytes: amount(MAX_BYTES),
  handOffCalls: z.int().min(0).max(1_000).optional(),
  fetchCalls: z.int().min(0).max(10_000).optional(),
});

export type LimitsInput = z.input<typeof limitsSchema>;

/** `base` with what `chosen` sets. */
export function withLimits(base: Limits, chosen: LimitsInput | undefined): Limits {
  const set = Object.entries(chosen ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(set) };
}
