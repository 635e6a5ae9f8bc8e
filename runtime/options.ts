/** The options of `createRuntime` as a schema, with a line for every key of the type, or it does not compile. */
import { statSync } from "node:fs";
import { z } from "zod";
import { fn, logger, milliseconds, offering, readOptions, whole } from "../base/options.ts";
import type { EgressOption, Transport } from "../host-api/fetch/index.ts";
import { egressPolicySchema } from "../host-api/fetch/policy.ts";
import type { RuntimeEvent } from "./events.ts";
import type { Handoffs } from "./handoffs/handoffs.ts";
import { languageOptions } from "../languages/index.ts";
import { limitsSchema } from "./limits.ts";
import type { LoggerLike } from "./log.ts";
import type { RuntimeOptions } from "./runtime.ts";
import { OPTIMIZE_VALUES, type Optimize } from "../sandbox/index.ts";

const FOLDER = "a folder that is there, with the packages in its node_modules";
const EGRESS = "an egress policy, or a function that gives a tenant's";
const HANDOFFS = "a keeper of hand-offs, such as openHandoffs gives";

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const shape = {
  limits: limitsSchema.optional(),
  handoffs: offering<Handoffs>(HANDOFFS, ["begin", "record", "fire", "standing", "end"]).optional(),
  storeMs: milliseconds().optional(),
  egress: z.unknown().optional(),
  network: fn<(tenant: string) => Transport | null>().optional(),
  observe: fn<(tenant: string, network: Transport) => Transport>().optional(),
  packages: z
    .strictObject({
      folder: z.string(FOLDER).refine(isFolder, FOLDER),
      allow: z.record(z.string(), z.string("an exact version"), "an object of package names and exact versions"),
    })
    .optional(),
  logger: logger<LoggerLike>().optional(),
  workers: whole(1, 10_000).optional(),
  memoryBudgetMiB: whole(1, 1_000_000_000).optional(),
  runsPerWorker: whole(1, 10_000).optional(),
  isolatesAhead: whole(0, 1_000).optional(),
  queuePerTenant: whole(0, 1_000_000).optional(),
  queueMs: milliseconds().optional(),
  weightOf: fn<(tenant: string) => number>("a function that gives a tenant's weight").optional(),
  idleMs: milliseconds().optional(),
  ...languageOptions,
  // Read where they are used, with sentences of their own.
  record: z.unknown().optional(),
  engine: z.unknown().optional(),
  requireWalls: z.unknown().optional(),
} satisfies Record<keyof RuntimeOptions, z.ZodType>;

/** Throws an OptionsError that names the key. */
export function readRuntimeOptions(given: unknown): RuntimeOptions {
  const options = readOptions(z.strictObject(shape), given, "createRuntime");
  const { egress } = options;
  if (egress !== undefined && typeof egress !== "function") {
    if (typeof egress !== "object")
      readOptions(
        z.custom<EgressOption>(() => false, EGRESS),
        egress,
        "createRuntime: egress",
      );
    readOptions(egressPolicySchema, egress, "createRuntime: egress");
  }
  return options as RuntimeOptions;
}

const closing = z.strictObject({
  drainMs: z.number("a number of milliseconds from 0").min(0, "a number of milliseconds from 0").optional(),
});
/** What `close` is given, or nothing. */
export const readDrainMs = (given: unknown = {}): number => readOptions(closing, given, "close").drainMs ?? 0;

export const readListener = (given: unknown): ((event: RuntimeEvent) => void) =>
  readOptions(fn<(event: RuntimeEvent) => void>(), given, "subscribe");

/** What `engine` says of V8's compilers. Throws a TypeError that names the key. */
export function optimizeOf(engine: unknown): Optimize {
  if (engine === undefined) return "maglev";
  if (typeof engine !== "object" || engine === null || Array.isArray(engine))
    throw new TypeError("engine is not an object (docs/security.md)");
  const unknown = Object.keys(engine).find((key) => key !== "optimize");
  if (unknown !== undefined) throw new TypeError(`engine.${unknown} is not known (docs/security.md)`);
  const { optimize = "maglev" } = engine as { optimize?: Optimize };
  if (OPTIMIZE_VALUES.includes(optimize)) return optimize;
  throw new TypeError('engine.optimize is none of "maglev", true and false (docs/security.md)');
}
