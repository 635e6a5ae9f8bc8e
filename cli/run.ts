/**
 * `baton run`: one action, one context, one outcome. It asks the same runtime that a bot platform embeds; the hand-offs are kept in
 * memory, so the rules are the real ones and nothing is delivered.
 */
import { randomUUID } from "node:crypto";
import { shown } from "../author/files.ts";
import type { Recorded } from "../author/scenarios/record.ts";
import type { Recording } from "../runtime/index.ts";
import type { Outcome } from "../runtime/outcome.ts";
import type { Command, Io } from "./command.ts";
import { EXIT, exitStatusOf } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { InputError } from "../author/input-error.ts";
import type { Debugger } from "../debug/index.ts";
import { asInputError } from "./inspect.ts";
import { keepProfile } from "./run-profile.ts";
import { neverSettled } from "./never-settled.ts";
import { defineCommand } from "./define-command.ts";
import { RUN_USAGE, readRunRequest } from "./run-request.ts";
import type { RunRequest } from "./run-request.ts";
import { isRecordingPath, writeScenario } from "./run-record.ts";
import { terminalOf } from "./terminal.ts";
import { visible, visibleJson } from "../author/text.ts";

/** Whose action it is: the command line has one tenant. */
const TENANT = "local";

export const runCommand: Command = defineCommand(
  RUN_USAGE,
  async (given, io, json) => {
    const request = await readRunRequest(given, io);
    for (const note of request.notes) io.stderr.write(`note: ${visible(note)}\n`);
    const { outcome, unkept } = await execute(request, io);
    const status = json ? showJson(outcome, io) : await showReport(outcome, io);
    // The run has happened, requests and all: its outcome is shown, whatever became of what it was to be written to.
    for (const { message } of unkept) io.stderr.write(`baton: ${message}\n`);
    return unkept.length > 0 ? EXIT.invalid : status;
  },
  (error, io, json) => {
    const known = asInputError(error);
    return json ? showJson(neverSettled(known), io) : showFault(known, io);
  },
);

interface Executed {
  readonly outcome: Outcome;
  /** What kept the profile, the recording or the scenario from being written. */
  readonly unkept: readonly InputError[];
}

async function execute(request: RunRequest, io: Io): Promise<Executed> {
  const [{ createRuntime, createMemoryHandoffs }, exchangeLog] = await Promise.all([
    import("../runtime/index.ts"),
    request.record === null || isRecordingPath(request.record)
      ? null
      : import("../author/scenarios/record.ts").then(({ createExchangeLog }) =>
          createExchangeLog(request.invocation.secrets ?? {}),
        ),
  ]);
  const { config, conversationId } = request;
  const handoffs = createMemoryHandoffs();
  if (request.alreadyHandedOff && conversationId !== null) handoffs.markHandedOff({ tenant: TENANT, conversationId });
  const { limits, egress, packages, python, engine, requireWalls } = config;
  const kept = recordingOnce();
  await using debug = await debuggerOf(request);
  await using runtime = await (debug?.createRuntime ?? createRuntime)({
    handoffs,
    logger: SILENT,
    ...(limits && { limits }),
    ...(egress && { egress }),
    ...(packages && { packages }),
    ...(engine && { engine }),
    ...(requireWalls && { requireWalls }),
    ...(exchangeLog && { observe: (_tenant, network) => exchangeLog.through(network) }),
    ...(python && { python }),
    ...(isRecordingPath(request.record) && { record: { to: kept.push, source: true, redact: request.redact } }),
  });
  // A run that is recorded can be played again: its clock and its randomness are written down as well.
  const now = request.invocation.now ?? new Date().toISOString();
  const seed = request.invocation.seed ?? randomUUID();
  const replayable = exchangeLog === null ? {} : { now, seed };
  const outcome = await runtime.execute({
    ...request.invocation,
    ...replayable,
    tenant: TENANT,
    signal: io.interrupted,
  });
  const unkept: InputError[] = [];
  const noteUnkept = (error: unknown): void => {
    if (!(error instanceof InputError)) throw error;
    unkept.push(error);
  };
  if (debug !== null && request.profile !== null) await keepProfile(debug, request.profile, io).catch(noteUnkept);
  // Closing waits for the recording.
  await runtime.close();
  const { record } = request;
  if (isRecordingPath(record)) await keepRecording(request, record, kept.taken, outcome, io).catch(noteUnkept);
  if (exchangeLog !== null && record !== null)
    await keep(request, record, { exchangeLog, now, seed, outcome }, io).catch(noteUnkept);
  return { outcome, unkept };
}

async function debuggerOf({ inspect, profile, invocation, config }: RunRequest): Promise<Debugger | null> {
  if (inspect === null && profile === null) return null;
  const { createDebugger } = await import("../debug/index.ts");
  const memoryMiB = invocation.limits.memoryMiB ?? config.limits?.memoryMiB;
  return createDebugger({ ...(inspect && { inspect }), profile: profile !== null, memoryMiB });
}

interface Once {
  push(recording: Recording): void;
  taken: Recording | null;
}

function recordingOnce(): Once {
  const once: Once = {
    push: (recording) => {
      once.taken = recording;
    },
    taken: null,
  };
  return once;
}

async function keepRecording(
  { invocation }: RunRequest,
  path: string,
  recording: Recording | null,
  { status }: Outcome,
  io: Io,
): Promise<void> {
  if (recording === null) return void io.stderr.write(`note: nothing was recorded: the run is ${status}.\n`);
  const { writeRecordingFile } = await import("../author/replay/files.ts");
  await writeRecordingFile(path, recording, invocation.action.file);
  const held = recording.redacted === null ? "" : `, without ${recording.redacted.join(", ")}`;
  io.stderr.write(`note: recorded as ${shown(path)}${visible(held)}; baton replay plays it again.\n`);
}

async function keep(
  { invocation, contextFile, alreadyHandedOff }: RunRequest,
  path: string,
  ran: Pick<Recorded, "exchangeLog" | "now" | "seed" | "outcome">,
  io: Io,
): Promise<void> {
  if (ran.outcome.status === "invalid" || ran.outcome.status === "cancelled") {
    io.stderr.write(`note: nothing was recorded: the run is ${ran.outcome.status}.\n`);
    return;
  }
  const { action, context, environment, secrets = {} } = invocation;
  await writeScenario(path, {
    action: action.file,
    context: contextFile ?? context,
    environment,
    alreadyHandedOff,
    secrets,
    ...ran,
  });
  io.stderr.write(`note: recorded as ${shown(path)}; baton test runs it without the network.\n`);
}

/** Warnings are shown with the outcome, and hand-offs are kept in memory, which does not fail. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

function showJson(outcome: Outcome, io: Pick<Io, "stdout">): ExitStatus {
  io.stdout.write(`${visibleJson(JSON.stringify(outcome))}\n`);
  return exitStatusOf(outcome.status);
}

async function showReport(outcome: Outcome, io: Io): Promise<ExitStatus> {
  const { renderInvalid, renderOutcome } = await import("./render.ts");
  if (outcome.status === "invalid") io.stderr.write(`${renderInvalid(outcome, terminalOf(io.stderr))}\n`);
  else io.stdout.write(`${renderOutcome(outcome, terminalOf(io.stdout))}\n`);
  return exitStatusOf(outcome.status);
}

function showFault(error: unknown, io: Pick<Io, "stderr">): ExitStatus {
  const { paint } = terminalOf(io.stderr);
  const sentence = visible(error instanceof Error ? error.message : String(error));
  io.stderr.write(`${paint("red", "baton:")} ${sentence}\n`);
  return error instanceof InputError ? EXIT.invalid : EXIT.failed;
}
