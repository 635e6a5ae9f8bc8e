/** Actions: their arguments' schema, single runs, the matrix and the week. */
import { z } from "zod";
import { CHANNELS, CLOSED, ENVIRONMENTS, OPEN, cellWord, runMatrix } from "../../../author/matrix/cells.ts";
import { contextFor, loadScenarios, onChannel } from "../../../author/scenarios/load.ts";
import type { LoadedScenario } from "../../../author/scenarios/load.ts";
import { argsSchema } from "../../../author/schema/args-schema.ts";
import type { Json } from "../../../runtime/index.ts";
import { actionOf, runForPage, type Parts } from "../parts.ts";
import { badRequest, get, post, type Route } from "../route.ts";
import { halfHoursOf } from "../week.ts";

const path = z.string().min(1).max(1_000);
const json: z.ZodType<Json> = z.json();
const instant = z.iso.datetime({ offset: true, error: "is not an ISO time" });
const environment = z.enum(["production", "test", "mock"]);
const channel = z.enum(CHANNELS);

const runSchema = z.strictObject({
  action: path,
  context: json,
  environment: environment.optional(),
  now: instant.optional(),
  seed: z.string().max(1_000).optional(),
  handedOff: z.boolean().optional(),
});

export const actionRoutes: readonly Route[] = [
  get("/api/args-schema", async (parts, query) => {
    const action = actionOf(parts, query.get("action") ?? "");
    const { schema, description, diagnostics } = await argsSchema(action, parts.session.runner);
    return { schema, description, diagnostics };
  }),
  get("/api/context-of", async (parts, query) => {
    const action = actionOf(parts, query.get("action") ?? "");
    const scenario = await firstScenario(parts, action);
    return { context: scenario?.context ?? (await contextFor(action)), http: scenario?.http ?? [] };
  }),
  post("/api/run", runSchema, async (parts, { action, handedOff, ...rest }) => {
    const scenario = await firstScenario(parts, actionOf(parts, action));
    const host = handedOff === true ? { handedOff } : undefined;
    return runForPage(parts, { ...rest, action: actionOf(parts, action), host, http: scenario?.http });
  }),
  post("/api/matrix", z.strictObject({ action: path }), async (parts, { action: asked }) => {
    const action = actionOf(parts, asked);
    const scenario = await firstScenario(parts, action);
    const cells = await runMatrix(parts.session.runner, {
      action,
      context: scenario?.context ?? (await contextFor(action)),
      http: scenario?.http,
      seed: scenario?.seed,
      ...{ channels: CHANNELS, environments: ENVIRONMENTS, open: OPEN, closed: CLOSED },
    });
    return { open: OPEN, closed: CLOSED, cells: cells.map((cell) => ({ ...cell, word: cellWord(cell) })) };
  }),
  post(
    "/api/hours",
    z.strictObject({ action: path, date: z.iso.date(), zone: z.string().min(1).max(64), channel }),
    async (parts, { action: asked, date, zone, channel: on }) => {
      const action = actionOf(parts, asked);
      const scenario = await firstScenario(parts, action);
      const context = onChannel(scenario?.context ?? (await contextFor(action)), on);
      const times = halfHoursOf(date, zone);
      if (times === null) throw badRequest(`There is no time zone ${zone}.`);
      const cells = await Promise.all(
        times.map(async ({ local, instant: now }) => {
          const { outcome } = await parts.session.runner.run({
            action,
            context,
            now,
            http: scenario?.http,
            seed: scenario?.seed ?? "hours",
          });
          const { status, handoff, error, returnValue } = outcome;
          const word = cellWord({ outcome, alreadyHandedOff: false });
          return {
            local,
            instant: now,
            word,
            status,
            kind: handoff?.kind ?? null,
            number: handoff?.phoneDestination ?? null,
            value: returnValue ?? null,
            error: error?.message ?? null,
          };
        }),
      );
      return { date, cells };
    },
  ),
];

/** The first scenario of an action says best what it needs; none where there is none or it cannot be read. */
async function firstScenario({ session }: Parts, action: string): Promise<LoadedScenario | undefined> {
  const [file] = session.scenarioFiles(action);
  if (file === undefined) return undefined;
  const all = await loadScenarios(file).catch(() => []);
  return all.find((scenario) => scenario.action === action);
}
