/**
 * `baton run`: one action, one context, one outcome. It asks the same runtime that a bot platform embeds; the hand-offs are kept in
 * memory, so the rules are the real ones and nothing is delivered.
 */
import type { Outcome } from "../runtime/outcome.ts";
import type { Command, Io } from "./command.ts";
import { EXIT, exitStatusOf } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { InputError } from "../author/input-error.ts";
import { neverSettled } from "./never-settled.ts";
import { RUN_USAGE, readRunRequest } from "./run-request.ts";
import type { RunRequest } from "./run-request.ts";
import { hasSwitch } from "./switches.ts";
import { terminalOf } from "./terminal.ts";
import { visible, visibleJson } from "../author/text.ts";

/** Whose action it is: the command line has one tenant. */
const TENANT = "local";

export const runCommand: Command = {
  usage: RUN_USAGE,
  async run(args, io) {
    const json = hasSwitch(args, "json");
    try {
      const request = await readRunRequest(args, io);
      for (const note of request.notes) io.stderr.write(`note: ${note}\n`);
      const outcome = await execute(request, io.interrupted);
      return json ? showJson(outcome, io) : await showReport(outcome, io);
    } catch (error) {
      return json ? showJson(neverSettled(error), io) : showFault(error, io);
    }
  },
};

async function execute(request: RunRequest, signal: AbortSignal): Promise<Outcome> {
  const { createRuntime, createMemoryHandoffs } = await import("../runtime/index.ts");
  const { config, conversationId } = request;
  const handoffs = createMemoryHandoffs();
  if (request.alreadyHandedOff && conversationId !== null) handoffs.markHandedOff({ tenant: TENANT, conversationId });
  const { limits, egress, packages } = config;
  await using runtime = await createRuntime({
    handoffs,
    logger: SILENT,
    ...(limits && { limits }),
    ...(egress && { egress }),
    ...(packages && { packages }),
  });
  return await runtime.execute({ ...request.invocation, tenant: TENANT, signal });
}

/** Warnings are shown with the outcome, and hand-offs are kept in memory, which does not fail. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

function showJson(outcome: Outcome, io: Io): ExitStatus {
  io.stdout.write(`${visibleJson(JSON.stringify(outcome))}\n`);
  return exitStatusOf(outcome.status);
}

async function showReport(outcome: Outcome, io: Io): Promise<ExitStatus> {
  const { renderInvalid, renderOutcome } = await import("./render.ts");
  if (outcome.status === "invalid") io.stderr.write(`${renderInvalid(outcome, terminalOf(io.stderr))}\n`);
  else io.stdout.write(`${renderOutcome(outcome, terminalOf(io.stdout))}\n`);
  return exitStatusOf(outcome.status);
}

function showFault(error: unknown, io: Io): ExitStatus {
  const { paint } = terminalOf(io.stderr);
  const sentence = visible(error instanceof Error ? error.message : String(error));
  io.stderr.write(`${paint("red", "baton:")} ${sentence}\n`);
  return error instanceof InputError ? EXIT.invalid : EXIT.failed;
}
