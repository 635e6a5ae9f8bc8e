/** Runs: looked at and compared, and each of them replayed, edited and run again, or saved as a scenario. What comes of one is linked to it. */
import { basename, dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { z } from "zod";
import { recordedAnswers, recordedHost, scenarioFromRecording } from "../../../author/replay/scenario.ts";
import { seenFrom as namedFrom } from "../../../author/replay/names.ts";
import { InputError } from "../../../author/input-error.ts";
import { runAll } from "../../../author/scenarios/run-all.ts";
import { writeFileWhole } from "../../../author/write.ts";
import { HostFault, type Json, type Recording } from "../../../runtime/index.ts";
import type { ReplayView, RunInputs, SavedScenario } from "../../events.ts";
import { answersOf } from "../answers.ts";
import { actionOf, fileIn, keepRun, runForPage, seenFrom, type Parts } from "../parts.ts";
import { badRequest, get, post, type Route } from "../route.ts";
import type { KeptRun } from "../runs.ts";
import { resultOf } from "../scenario-result.ts";

const json: z.ZodType<Json> = z.json();
const id = z.int().min(1);
const editSchema = z.strictObject({
  id,
  context: json,
  environment: z.enum(["production", "test", "mock"]),
  now: z.iso.datetime({ offset: true, error: "is not an ISO time" }),
  seed: z.string().max(1_000).nullable(),
  handedOff: z.boolean(),
  http: z.array(json).max(1_000),
});

const idOf = (text: string | null): number => Number.parseInt(text ?? "", 10);

export const runRoutes: readonly Route[] = [
  get("/api/runs", ({ runs }) => runs.summaries),
  get("/api/run", (parts, query) => {
    const execution = query.get("execution");
    const found = execution === null ? parts.runs.find(idOf(query.get("id"))) : parts.runs.byExecution(execution);
    if (found === null) throw badRequest("That run is not kept any more.");
    const recording = recordingOf(parts, found);
    const context = found.context ?? recording?.context ?? null;
    return { ...found, context, isRecorded: recording !== null, madeOf: parts.runs.madeOf(found.summary.id) };
  }),
  get("/api/compare", ({ runs }, query) => {
    const [left, right] = [runs.find(idOf(query.get("left"))), runs.find(idOf(query.get("right")))];
    if (left === null || right === null) throw badRequest("One of the runs is not kept any more.");
    return { left, right, lines: runs.compare(left, right) };
  }),
  get("/api/run/inputs", (parts, query) => inputsOf(recorded(parts, find(parts, idOf(query.get("id")))))),
  post("/api/run/replay", z.strictObject({ id, current: z.boolean() }), async (parts, body) => {
    const run = find(parts, body.id);
    const recording = recorded(parts, run);
    const start = performance.now();
    // By itself a recording is played without the file, which may be gone.
    const file = body.current ? actionOf(parts, run.action) : fileIn(parts, run.action);
    const { outcome, recording: _, ...came } = await orInput(parts.session.runner.replay(recording, file, body));
    const replayed: ReplayView = came;
    const { action, scenario } = run;
    const made = { origin: "replay", of: body.id, ok: came.equal, failures: [], steps: [], context: recording.context } as const;
    const kept = { action, scenario, outcome, replayed, ...made };
    return { run: keepRun(parts, kept, Math.round(performance.now() - start)), replayed };
  }),
  post("/api/run/edit", editSchema, async (parts, { id: of, handedOff, seed, http, ...given }) => {
    const run = find(parts, of);
    const host = { ...recordedHost(recorded(parts, run)), handedOff };
    const action = actionOf(parts, run.action);
    const again = { ...given, action, host, seed: seed ?? undefined, http: [...answersOf(http)] };
    return runForPage(parts, again, { origin: "edit", of });
  }),
  post("/api/run/save", z.strictObject({ id }), (parts, body) => save(parts, find(parts, body.id))),
]; // prettier-ignore

function find({ runs }: Parts, wanted: number): KeptRun {
  const found = runs.find(wanted);
  if (found === null) throw badRequest("That run is not kept any more.");
  return found;
}

const recordingOf = ({ session }: Parts, { outcome, origin }: KeptRun): Recording | null =>
  origin === "replay" ? null : session.recordings.find(outcome.executionId);

function recorded(parts: Parts, run: KeptRun): Recording {
  const recording = recordingOf(parts, run);
  if (recording !== null) return recording;
  throw badRequest(
    run.origin === "replay"
      ? "A replay is no run of its own: take the run that it replays."
      : "There is no recording of that run: it never began, or newer ones have taken its place.",
  );
}

/** What cannot be replayed is no fault of the page. */
async function orInput<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HostFault && (error.code === "RECORDING_INVALID" || error.code === "RECORDING_INCOMPLETE"))
      throw new InputError(error.code, error.message);
    throw error;
  }
}

function inputsOf(recording: Recording): RunInputs {
  const { context, environment, clock, turns, recordedAt, host } = recording;
  const began = turns?.[0]?.at ?? Date.parse(recordedAt);
  return {
    ...{ context, environment },
    now: clock.now ?? new Date(began).toISOString(),
    seed: clock.seed ?? null,
    handedOff: host.before.handedOff,
    http: recordedAnswers(recording),
  };
}

/** Beside the action, under a name that is free. */
async function save(parts: Parts, run: KeptRun): Promise<SavedScenario> {
  const recording = recorded(parts, run);
  const action = actionOf(parts, run.action);
  const { runner } = parts.session;
  const file = freeName(parts, action, run);
  const named = namedFrom(file, action);
  const { scenario, notes } = await scenarioFromRecording(recording, { action, named, runner });
  const { stringify } = await import("yaml");
  const origin = `# Made on the page of baton dev of the run of ${recording.recordedAt} (execution ${recording.executionId}).\n`;
  await writeFileWhole(file, origin + stringify(scenario, { lineWidth: 120 }));
  const [result] = await runAll(runner, [file], { update: false, ci: true });
  const seen = seenFrom(parts.folder, file);
  run.saved.push(seen);
  return { file: seen, result: resultOf(result!), notes };
}

function freeName(parts: Parts, action: string, { summary }: KeptRun): string {
  const stem = basename(action).replace(/\.[^.]+$/, "");
  const word = summary.word.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 40);
  for (let count = summary.id; ; count += 1) {
    const file = join(dirname(action), `${stem}.${word === "" ? "run" : word}-${count}.scenario.yaml`);
    fileIn(parts, file);
    if (!existsSync(file)) return file;
  }
} // prettier-ignore
