/** The options of `createRuntime` as a schema, with a line for every key of the type, or it does not compile. */
import { statSync } from "node:fs";
import { z } from "zod";
import { fn, logger, milliseconds, offering, readOptions, text, whole } from "../base/options.ts";
import type { EgressOption, Transport } from "../host-api/fetch/index.ts";
import { egressPolicySchema } from "../host-api/fetch/policy.ts";
import type { RuntimeEvent } from "./events.ts";
import type { Handoffs } from "./handoffs/handoffs.ts";
import { languageOptions } from "../languages/index.ts";
import { limitsSchema } from "./limits.ts";
import type { LoggerLike } from "./log.ts";
import type { RuntimeOptions } from "./runtime.ts";
import { OPTIMIZE_VALUES, WALL_NAMES, type Optimize } from "../sandbox/index.ts";

/** The page that has a key of `createRuntime`, where that is not the page of embedding. */
const PAGES: Readonly<Partial<Record<string, string>>> = {
  limits: "docs/contract.md",
  packages: "docs/packages.md",
  python: "docs/python.md",
  record: "docs/replay.md",
  engine: "docs/security.md",
  requireWalls: "docs/security.md",
} satisfies Partial<Record<keyof RuntimeOptions, string>>;
const PAGE = "docs/embed.md";
const pageOf = (key: string | null): string => PAGES[key ?? ""] ?? PAGE;

const FOLDER = "a folder that is there, with the packages in its node_modules";
const EGRESS_PAGE = "docs/configuration.md";
const EGRESS = "an egress policy, or a function that gives a tenant's";
const OPTIMIZE = '"maglev", true or false';
const WALL = `the name of a wall: ${WALL_NAMES.join(", ")}`;
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
  engine: z
    .strictObject(
      { optimize: z.custom<Optimize>((value) => OPTIMIZE_VALUES.includes(value as Optimize), OPTIMIZE).optional() },
      "an object with optimize",
    )
    .optional(),
  requireWalls: z.array(z.enum(WALL_NAMES, WALL), "a list of walls").optional(),
  // Read where it is used: its schema is loaded with what records.
  record: z.unknown().optional(),
} satisfies Record<keyof RuntimeOptions, z.ZodType>;

/** Throws an OptionsError that names the key. */
export function readRuntimeOptions(given: unknown): RuntimeOptions {
  const options = readOptions(z.strictObject(shape), given, "createRuntime", { page: pageOf });
  const { egress } = options;
  if (egress !== undefined && typeof egress !== "function") {
    if (typeof egress !== "object")
      readOptions(
        z.custom<EgressOption>(() => false, EGRESS),
        egress,
        "createRuntime: egress",
        { page: EGRESS_PAGE },
      );
    readOptions(egressPolicySchema, egress, "createRuntime: egress", { page: EGRESS_PAGE });
  }
  return options as RuntimeOptions;
}

const closing = z.strictObject({
  drainMs: z.number("a number of milliseconds from 0").min(0, "a number of milliseconds from 0").optional(),
});
/** What `close` is given, or nothing. */
export const readDrainMs = (given: unknown = {}): number =>
  readOptions(closing, given, "close", { page: PAGE }).drainMs ?? 0;

export const readListener = (given: unknown): ((event: RuntimeEvent) => void) =>
  readOptions(fn<(event: RuntimeEvent) => void>(), given, "subscribe", { page: "docs/events.md" });

const compiling = z.strictObject({ tenant: text("the tenant's id").optional() });
/** For whom `compile` compiles. */
export const readTenant = (given: unknown = {}): string =>
  readOptions(compiling, given, "compile: the second argument", { page: PAGE }).tenant ?? "default";

const replaying = z.strictObject({ action: z.unknown().optional() });
/** What `replay` is given beside the recording; the action is read where it is compiled. */
export const readReplaying = (given: unknown = {}): { readonly action?: unknown } =>
  readOptions(replaying, given, "replay: the second argument", { page: "docs/replay.md" });
