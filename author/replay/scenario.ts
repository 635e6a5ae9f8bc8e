/**
 * Makes a scenario of a recording: its context, its time, the answers that it got, and what came of it. A scenario has a clock and randomness of its
 * own, so what it expects is what the scenario itself comes to, where it can be run; what it decides is the recording's.
 */
import { dirname } from "node:path";
import { z } from "zod";
import { DEFAULT_LIMITS } from "../../runtime/index.ts";
import { readConfig } from "../config.ts";
import type { Recording } from "../../runtime/journal/recording.ts";
import { fromRecordedBytes } from "../../runtime/journal/recording.ts";
import { recordedFetches } from "../../runtime/journal/fetch-matches.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import { LEFT_OUT, bodyOf, scenarioOf } from "../scenarios/record.ts";
import type { SentRequest } from "../scenarios/requests.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import type { CannedAnswer, Scenario } from "../scenarios/scenario.ts";

interface Exchange {
  readonly request: SentRequest;
  readonly answer: CannedAnswer;
}

export interface MadeScenario {
  readonly scenario: Scenario;
  /** Where its outcome is another one than the recorded: clocks and randomness, mostly. */
  readonly notes: readonly string[];
}

/** `action` is its file, `named` how the scenario is to name it. */
export async function scenarioFromRecording(
  recording: Recording,
  { action, named, runner }: { readonly action: string | null; readonly named: string | null; readonly runner: ScenarioRunner },
): Promise<MadeScenario> {
  const exchanges = exchangesIn(recording);
  const { context, environment, host, clock, turns, recordedAt } = recording;
  const limits = await ownLimits(recording, action);
  const said = recordedHost(recording);
  const began = turns?.[0]?.at ?? Date.parse(recordedAt);
  const make = (outcome: Outcome, sent: readonly SentRequest[]): Scenario => ({
    ...scenarioOf({
      action: named ?? "",
      context,
      environment,
      now: clock.now ?? new Date(began).toISOString(),
      seed: clock.seed ?? recording.executionId,
      alreadyHandedOff: host.before.handedOff,
      secrets: {},
      exchangeLog: { exchanges: exchanges.map((each, at) => ({ ...each, request: sent[at] ?? each.request })), through: (network) => network },
      outcome,
    }),
    ...(limits !== undefined && { limits }),
    ...(said !== undefined && { host: said }),
  }) as Scenario; // prettier-ignore
  const recorded = make(recording.outcome, []);
  const scenario = withAction(recorded, named);
  if (action === null) return { scenario, notes: ["it was not run: the action is not there."] };
  const { now, seed, host: ofHost, http = [] } = scenario;
  const ran = await runner.run({ action, context, environment, now, seed, limits, host: ofHost, http });
  const own = withAction(make(ran.outcome, ran.requests), named);
  return { scenario: own, notes: notesOf(recorded, own) };
} // prettier-ignore

/** The answers that the run got from the network, as a scenario gives them. */
export function recordedAnswers(recording: Recording): CannedAnswer[] {
  return exchangesIn(recording).map(({ answer }) => answer);
}

const exchangesIn = ({ calls }: Recording): Exchange[] => recordedFetches(calls).flatMap(exchangesOf);

/** What a scenario says of the host, where that is not what it is without. */
export function recordedHost({ host: { before, fired } }: Recording): Scenario["host"] {
  const { handedOff, epoch } = before;
  const host = {
    ...((handedOff || epoch > 0) && { handedOff: true }),
    ...(!handedOff && epoch > 0 && { handedBack: true }),
    ...((fired === "refused" || fired === "unknown") && { transfer: fired }),
  };
  return Object.keys(host).length === 0 ? undefined : host;
}

/** Limits that the run had and the action's project has not. */
async function ownLimits({ limits }: Recording, action: string | null): Promise<Scenario["limits"]> {
  const usual = { ...DEFAULT_LIMITS, ...(action === null ? {} : (await readConfig(dirname(action))).limits) };
  const own = Object.entries(limits).filter(([name, value]) => usual[name as keyof typeof usual] !== value);
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

function withAction(scenario: Scenario, named: string | null): Scenario {
  if (named !== null) return scenario;
  return Object.fromEntries(Object.entries(scenario).filter(([key]) => key !== "action")) as Scenario;
}

function notesOf({ expect: was }: Scenario, { expect: is }: Scenario): string[] {
  const keys = ["status", "handoff", "returnValue", "warnings", "error", "intents", "requests"] as const;
  return keys.flatMap((key) =>
    JSON.stringify(was?.[key]) === JSON.stringify(is?.[key])
      ? []
      : [`expect.${key} is the scenario's own: by its clock and seed it is not what was recorded.`],
  );
}

/** What was sent and answered before the network, as far as what came through the door shows it. */
function exchangesOf({ method, url, body, call, reads }: ReturnType<typeof recordedFetches>[number]): Exchange[] {
  const { answer } = call;
  if (answer === undefined || "error" in answer) return [];
  const read = headSchema.safeParse(answer.value);
  if (!read.success) return [];
  const head = read.data;
  const request: SentRequest = { method, url, headers: {}, body };
  const place = { method, url, times: 1 };
  if (head.error !== undefined) {
    // What the policy refuses it refuses in the scenario too.
    if (head.error.code !== "EGRESS_NETWORK") return [];
    return [{ request, answer: { ...place, error: head.error.message } }];
  }
  const headers = headersOf(head.headers ?? []);
  const bytes = Buffer.concat([call, ...reads].map(({ answerBytes }) => answerBytes && fromRecordedBytes(answerBytes)).filter((each) => each !== undefined));
  const final = { status: head.status ?? 200, ...bodyOf(bytes, headers, (text) => text) };
  if (head.redirected !== true || head.url === undefined) return [{ request, answer: { ...place, ...final } }];
  const location = head.url;
  const asked = method === "POST" ? "GET" : method;
  return [
    { request, answer: { ...place, status: 302, headers: { location } } },
    { request: { ...request, method: asked, url: location, body: "" }, answer: { ...place, method: asked, url: location, ...final } },
  ];
} // prettier-ignore

const headSchema = z.looseObject({
  status: z.int().min(200).max(599).optional(),
  url: z.string().optional(),
  redirected: z.boolean().optional(),
  headers: z.array(z.tuple([z.string(), z.string()])).optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

function headersOf(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const named = pairs.map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(named.filter(([name]) => !LEFT_OUT.has(name)));
}
