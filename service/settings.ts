/** The settings of the service, declared once: names, defaults, meanings. The page of the docs, `--help` and the reader are made of it. */
import { z } from "zod";
import { pythonSettingsSchema } from "../languages/python/compile/settings.ts";
import { limitsSchema } from "../runtime/limits.ts";

const texts = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(",").map((part) => part.trim()))])
  .transform((parts) => parts.filter((part) => part !== ""));
const amount = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const flag = z.union([
  z.boolean(),
  z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1"),
]);
const json = <T extends z.ZodType>(schema: T) =>
  z.union([z.string().transform((text, context) => fromJson(text, context)), z.unknown()]).pipe(schema);

function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue("is not JSON");
    return z.NEVER;
  }
}

const DAY_MS = 24 * 3_600_000;
const hostPort = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[^:[\]/@?#\s]+):\d{1,5}$/i, "expected host:port")
  .refine((text) => {
    const port = Number(text.slice(text.lastIndexOf(":") + 1));
    return port >= 1 && port <= 65_535;
  }, "expected a port from 1 to 65535");

export const settingsSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
  port: amount(0, 65_535).default(8321).describe("Port to listen on; 0 takes a free one."),
  store: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+|memory:)$/, "expected sqlite:PATH, postgres://… or memory:")
    .optional()
    .describe("Where everything is kept: `sqlite:PATH` or `postgres://…`. Without it, SQLite in `data`."),
  migrate: z
    .enum(["auto", "never"])
    .default("auto")
    .describe("`never` refuses a store that is behind: `baton migrate` is then a step of its own."),
  data: z
    .string()
    .min(1)
    .default("./baton-data")
    .describe("Folder of the SQLite file and of the secrets key that is made there."),
  adminKey: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[!-~]+$/, "expected printable ASCII characters without spaces")
    .optional()
    .describe("A key with every right. Without it one is made at the first start and printed once."),
  secretsKey: z
    .string()
    .optional()
    .describe(
      "`id:base64[,id:base64…]`, 32 bytes each, the current one first. Without it, with SQLite, one is made in `data`.",
    ),
  private: texts
    .pipe(z.array(hostPort).max(1000))
    .default([])
    .describe("`host:port` in the operator's network that webhooks, callbacks and tenants' egress may reach."),
  publicUrl: z.url().optional().describe("The address by which providers reach this service, for their callbacks."),
  packages: z
    .string()
    .optional()
    .describe("Folder with a package.json and node_modules: the packages that actions may import."),
  python: json(pythonSettingsSchema).optional().describe("Python's wheels and helpers, as `createRuntime` takes them."),
  engine: json(z.strictObject({ optimize: z.union([z.literal("maglev"), z.boolean()]).optional() }))
    .optional()
    .describe('How V8 works for actions: `{ "optimize": false }` leaves its optimizers off.'),
  requireWalls: z
    .union([flag, texts])
    .default(false)
    .describe("Walls without which no node is ready: true for all that Linux offers, or their names."),
  workers: amount(1, 10_000).optional().describe("Worker processes at most."),
  memoryBudgetMiB: amount(1, 1_000_000_000)
    .optional()
    .describe("Mebibytes that worker processes may hold together; without it half of what the machine or cgroup has."),
  concurrency: amount(1, 100_000).default(64).describe("Runs at once on one node."),
  queuePerTenant: amount(1, 1_000_000).default(1000).describe("Runs of a tenant that may wait on one node."),
  queueMs: amount(1, DAY_MS).default(30_000).describe("How long a run may wait for its turn."),
  drainMs: amount(0, DAY_MS)
    .default(10_000)
    .describe("How long a node that is asked to stop goes on with the work that it has begun."),
  unreadyMs: amount(0, 600_000)
    .default(0)
    .describe("How long such a node still answers after `/readyz` fell, 503 `DRAINING` to what would run."),
  retentionDays: z.coerce.number().positive().max(36_500).default(30).describe("How long executions are kept."),
  keepMs: z.coerce
    .number()
    .positive()
    .optional()
    .describe("How long outcomes are kept under their key for repeats, and changes for listeners."),
  keepHandoffsMs: z.coerce.number().positive().optional().describe("How long settled hand-offs are kept."),
  limits: json(limitsSchema)
    .optional()
    .describe("Limits of every execution; a tenant's and a request's only lower them."),
  node: z.string().min(1).max(200).optional().describe("This node's name; without it host name and process id."),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info").describe("What the log holds."),
  telemetry: flag
    .default(false)
    .describe("Whether to load the OpenTelemetry SDK, where it is installed, and export traces."),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

/** Never printed. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set(["adminKey", "secretsKey"]);
