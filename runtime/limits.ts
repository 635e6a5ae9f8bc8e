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

const DAY_MS = 24 * 60 * 60 * 1_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** The least and the most that each may be: whole numbers all of them. */
export const LIMIT_RANGES = {
  wallMs: [1, DAY_MS],
  cpuMs: [1, DAY_MS],
  // isolated-vm gives an isolate no less than 8 MiB.
  memoryMiB: [8, 4_096],
  returnBytes: [1, MAX_BYTES],
  argumentBytes: [1, MAX_BYTES],
  hostCalls: [0, 1_000_000],
  logLines: [0, 1_000_000],
  logBytes: [0, MAX_BYTES],
  sourceBytes: [1, MAX_BYTES],
  bundleBytes: [1, MAX_BYTES],
  compileMs: [1, DAY_MS],
  contextBytes: [1, MAX_BYTES],
  handOffCalls: [0, 1_000],
  fetchCalls: [0, 10_000],
} as const satisfies Readonly<Record<keyof Limits, readonly [number, number]>>;

const within = ([least, most]: readonly [number, number]) => z.int().min(least).max(most).optional();

/** Some limits, as a host or a configuration file gives them. */
export const limitsSchema = z.strictObject({
  wallMs: within(LIMIT_RANGES.wallMs),
  cpuMs: within(LIMIT_RANGES.cpuMs),
  memoryMiB: within(LIMIT_RANGES.memoryMiB),
  returnBytes: within(LIMIT_RANGES.returnBytes),
  argumentBytes: within(LIMIT_RANGES.argumentBytes),
  hostCalls: within(LIMIT_RANGES.hostCalls),
  logLines: within(LIMIT_RANGES.logLines),
  logBytes: within(LIMIT_RANGES.logBytes),
  sourceBytes: within(LIMIT_RANGES.sourceBytes),
  bundleBytes: within(LIMIT_RANGES.bundleBytes),
  compileMs: within(LIMIT_RANGES.compileMs),
  contextBytes: within(LIMIT_RANGES.contextBytes),
  handOffCalls: within(LIMIT_RANGES.handOffCalls),
  fetchCalls: within(LIMIT_RANGES.fetchCalls),
});

export type LimitsInput = z.input<typeof limitsSchema>;

/** `base` with what `chosen` sets. */
export function withLimits(base: Limits, chosen: LimitsInput | undefined): Limits {
  if (chosen === undefined) return base;
  const set = Object.entries(chosen).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(set) };
}
