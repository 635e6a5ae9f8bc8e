/** `baton call ACTION`: one execution on a service, shown as `baton run` shows its own. */
import { randomUUID } from "node:crypto";
import { readJsonFile } from "../../author/files.ts";
import { InputError } from "../../author/input-error.ts";
import { visibleJson } from "../../author/text.ts";
import type { Outcome } from "../../runtime/outcome.ts";
import type { Command, Io } from "../command.ts";
import { EXIT, exitStatusOf, type ExitStatus } from "../exit.ts";
import { readArguments } from "../flags.ts";
import { renderOutcome } from "../render.ts";
import { hasSwitch } from "../switches.ts";
import { terminalOf } from "../terminal.ts";
import { connect, REMOTE_FLAGS, remoteFault } from "./connect.ts";

const ENVIRONMENTS = ["production", "test", "mock"] as const;

const USAGE = {
  synopsis: "call ACTION [flags]",
  description:
    "Executes an action on a service and shows its outcome. Without --environment nothing is handed off: it is a test.",
  flags: [
    ...REMOTE_FLAGS,
    { name: "context", value: "CONTEXT.json", description: "the context; without it a chat that has just begun" },
    { name: "args", value: "JSON", description: "the arguments, in the context's place" },
    {
      name: "environment",
      value: "ENVIRONMENT",
      choices: ENVIRONMENTS,
      description: "test by default; in production it hands off",
    },
    { name: "version", value: "N", description: "this version, in the place of what is live" },
    { name: "key", value: "ID", description: "the execution id: a repeat returns the stored outcome" },
    { name: "json", description: "print the Outcome as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    `baton call refund --args '{"orderId":"7"}'`,
    "baton call refund --context phone.json --environment production",
  ],
} as const;

export const callCommand: Command = { usage: USAGE, run: call };

async function call(args: readonly string[], io: Io): Promise<ExitStatus> {
  const json = hasSwitch(args, "json");
  try {
    const { positionals, values } = readArguments(args, USAGE.flags);
    const [action, ...rest] = positionals;
    if (action === undefined || rest.length > 0) throw new InputError("BAD_FLAG", "baton call takes one action.");
    const environment = ENVIRONMENTS.find((one) => one === (values.get("environment") ?? "test"));
    if (environment === undefined)
      throw new InputError("BAD_FLAG", `--environment is one of ${ENVIRONMENTS.join(", ")}.`);
    const version = values.get("version");
    if (version !== undefined && !/^[1-9]\d{0,9}$/.test(version))
      throw new InputError("BAD_FLAG", "--version needs a version's number.");
    const key = values.get("key");
    const { client, tenant } = connect(values);
    const answer = await client.execute({
      tenant,
      action,
      body: {
        context: await contextOf(values),
        environment,
        ...(version === undefined ? {} : { version: Number(version) }),
      },
      headers: key === undefined ? {} : { "idempotency-key": key },
      signal: io.interrupted,
    });
    if (!("outcome" in answer)) return EXIT.failed;
    const outcome = answer.outcome as unknown as Outcome;
    if (json) io.stdout.write(`${visibleJson(JSON.stringify(outcome))}\n`);
    else io.stdout.write(`version ${answer.version}\n${renderOutcome(outcome, terminalOf(io.stdout))}\n`);
    return exitStatusOf(outcome.status);
  } catch (error) {
    return remoteFault(error, io, json);
  }
}

async function contextOf(values: ReadonlyMap<string, string>): Promise<object> {
  const file = values.get("context");
  const given = file === undefined ? null : await readJsonFile(file, "The context", "FILE_UNREADABLE");
  const args = values.get("args");
  const base = (given ?? { conversation: { id: `call-${randomUUID()}`, latestChannel: "chat" }, args: {} }) as Record<
    string,
    unknown
  >;
  if (args === undefined) return base;
  try {
    return { ...base, args: JSON.parse(args) as unknown };
  } catch {
    throw new InputError("BAD_FLAG", "--args is not JSON.");
  }
}
