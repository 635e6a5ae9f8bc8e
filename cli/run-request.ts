/** The request of `baton run`: reads the flags and the files they name into one invocation, or says in one sentence why not. */
import { dirname, resolve } from "node:path";
import type { Environment } from "../host-api/handoff/intent.ts";
import type { Json } from "../sandbox/index.ts";
import type { Io, Usage } from "./command.ts";
import { actionFile } from "../author/action-file.ts";
import type { Config } from "../author/config.ts";
import type { InspectOptions } from "../debug/index.ts";
import type { Secrets } from "../author/env-file.ts";
import type { Arguments } from "./flags.ts";
import { INSPECT_FLAGS, readInspect, requireJavaScript } from "./inspect.ts";
import { readInstant } from "./instant.ts";
import { InputError } from "../author/input-error.ts";
import { readProfilePath } from "./run-profile.ts";
import { nearest } from "../base/suggest.ts";
import { readRecordPath, readRedactPaths } from "./run-record.ts";
import { standsAt } from "../runtime/journal/paths.ts";
import { visibleLine } from "../author/text.ts";

export interface RunRequest {
  readonly invocation: {
    readonly action: { readonly file: string; readonly root?: string };
    readonly context: Json;
    readonly environment: Environment;
    readonly limits: { readonly wallMs?: number; readonly memoryMiB?: number };
    readonly now?: string;
    readonly seed?: string;
    readonly secrets?: Secrets;
  };
  readonly config: Config;
  readonly alreadyHandedOff: boolean;
  readonly conversationId: string | null;
  /** The file that the context is read from as it stands, if it is. */
  readonly contextFile: string | null;
  /** Where the run is to be written, as a recording or as a scenario. */
  readonly record: string | null;
  /** What is to be taken out of a recording. */
  readonly redact: readonly string[];
  /** How a debugger is attached, if one is. */
  readonly inspect: InspectOptions | null;
  /** Where the profile is to be written. */
  readonly profile: string | null;
  /** Sentences for a person, before the outcome. */
  readonly notes: readonly string[];
}

const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];

export const RUN_USAGE: Usage = {
  synopsis: "run ACTION [flags]",
  description:
    "Runs an action once, in the sandbox and by the rules of production, and shows what came of it. Hand-offs are decided and recorded in memory; nothing is delivered to anybody. Requests of fetch are real, to the hosts that baton.config.json names. Without --context it takes the context beside the action, or a sample.",
  flags: [
    {
      name: "context",
      value: "FILE",
      description: "the context that the action receives, JSON; - reads standard input",
    },
    { name: "channel", value: "NAME", description: "puts the conversation on this channel, such as phone" },
    { name: "args", value: "JSON", description: "arguments of the action, over those of the context" },
    {
      name: "arg",
      value: "PAIR",
      repeatable: true,
      description: "one argument, key=value; may be given more than once",
    },
    {
      name: "environment",
      value: "NAME",
      choices: ENVIRONMENTS,
      description: "production (default), test or mock: in the last two hand-offs are skipped",
    },
    { name: "already-handed-off", description: "a human has the conversation before the run begins" },
    { name: "now", value: "ISO-TIME", description: "the action's clock at the start, e.g. 2026-03-02T15:00:00Z" },
    { name: "seed", value: "TEXT", description: "makes randomness repeatable" },
    { name: "timeout", value: "MS", description: "milliseconds that the run may take (10000)" },
    { name: "memory", value: "MIB", description: "mebibytes that the run may use (64)" },
    { name: "env-file", value: "FILE", description: "values for the secrets that baton.config.json names" },
    { name: "secrets", value: "FILE", description: "the same; Node itself looks for --env-file first" },
    {
      name: "record",
      value: "FILE",
      description:
        "write the run to NAME.recording.json, to be replayed, or as a scenario, NAME.scenario.yaml; secrets left out",
    },
    {
      name: "redact",
      value: "PATH",
      repeatable: true,
      description: "take this out of the recording, e.g. conversation.messages[*].content; may be given more than once",
    },
    ...INSPECT_FLAGS,
    {
      name: "profile",
      optionalValue: "FILE",
      description: "write where the time went, as NAME.cpuprofile of the author's lines",
    },
    { name: "json", description: "print the outcome as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton run fraud-review.ts --context chat.json",
    "baton run fraud-review.ts --context chat.json --channel email --arg orderId=A-1001",
    "baton run business-hours.ts --context phone.json --now 2026-03-02T15:00:00Z",
    "baton run fraud-review.ts --context chat.json --json | jq .handoff",
  ],
};

export async function readRunRequest(given: Arguments, io: Io): Promise<RunRequest> {
  const action = readAction(given);
  const now = readInstant(given, "now");
  const seed = given.values.get("seed");
  const wallMs = await readLimit(given, "timeout", "wallMs", "milliseconds");
  const memoryMiB = await readLimit(given, "memory", "memoryMiB", "mebibytes");
  const environment = readEnvironment(given);
  const alreadyHandedOff = given.switches.has("already-handed-off");

  const { actionSource, readConfig } = await import("../author/config.ts");
  const config = await readConfig(dirname(action));
  const record = readRecordPath(given.values.get("record"));
  const redact = readRedactPaths(given.lists.get("redact") ?? [], record);
  const inspect = readInspect(given, io, { wait: true });
  if (inspect !== null) await requireJavaScript(action, inspect.stopFirst ? "inspect-brk" : "inspect");
  const profile = await readProfilePath(given, action);
  const secrets = await readSecretsOf(given, config);
  const { readRunContext } = await import("./run-context.ts");
  const { context, file: contextFile, notes } = await readRunContext(given, action, io);
  const conversationId = conversationIdOf(context);
  if (alreadyHandedOff && conversationId === null) {
    throw new InputError("BAD_FLAG", "--already-handed-off needs a context with a conversation that has an id.");
  }
  return {
    invocation: {
      action: actionSource(action, config),
      context,
      environment,
      limits: { ...(wallMs !== undefined && { wallMs }), ...(memoryMiB !== undefined && { memoryMiB }) },
      ...(now !== undefined && { now }),
      ...(seed !== undefined && { seed }),
      ...(secrets && { secrets }),
    },
    config,
    alreadyHandedOff,
    conversationId,
    contextFile,
    record,
    redact,
    inspect,
    profile,
    notes: [...notes, ...redact.filter((path) => !standsAt(context, path)).map(nothingThere)],
  };
}

const nothingThere = (path: string): string =>
  `nothing stands at ${path} in this context, so nothing of it is redacted.`;

function readAction({ positionals }: Arguments): string {
  const [action, ...more] = positionals;
  if (action === undefined || action === "") {
    throw new InputError("BAD_FLAG", "Name the action to run: baton run ACTION.");
  }
  if (more[0] !== undefined) {
    throw new InputError(
      "BAD_FLAG",
      `baton run takes one action: ${visibleLine(more[0].slice(0, 80))} is one too many.`,
    );
  }
  return actionFile(action);
}

function readEnvironment({ values }: Arguments): Environment {
  const asked = values.get("environment") ?? "production";
  const found = ENVIRONMENTS.find((name) => name === asked);
  if (found !== undefined) return found;
  const near = nearest(asked, ENVIRONMENTS);
  const hint = near === null ? "it is production, test or mock." : `did you mean ${near}?`;
  throw new InputError("BAD_FLAG", `There is no environment ${visibleLine(asked.slice(0, 80))}: ${hint}`);
}

async function readLimit(
  { values }: Arguments,
  flag: string,
  limit: "wallMs" | "memoryMiB",
  unit: string,
): Promise<number | undefined> {
  const asked = values.get(flag);
  if (asked === undefined) return undefined;
  const { limitsSchema } = await import("../runtime/limits.ts");
  const schema = limitsSchema.shape[limit].unwrap();
  const amount = /^\d{1,15}$/.test(asked) ? Number(asked) : Number.NaN;
  if (!schema.safeParse(amount).success) {
    const range = `from ${schema.minValue} to ${schema.maxValue}`;
    throw new InputError("BAD_FLAG", `--${flag} needs a whole number of ${unit} ${range}.`);
  }
  return amount;
}

/** Without the flag there are no values: an action that reads one gets an error that names it. */
async function readSecretsOf({ values }: Arguments, config: Config): Promise<Secrets | undefined> {
  const path = values.get("env-file") ?? values.get("secrets");
  if (path === undefined) return undefined;
  const { readSecrets } = await import("../author/env-file.ts");
  return readSecrets(resolve(path), config.secrets);
}

/** Only for the flag that needs it: the runtime reads the context against its schema. */
function conversationIdOf(context: Json): string | null {
  const conversation = (context as { readonly conversation?: { readonly id?: unknown } | null } | null)?.conversation;
  return typeof conversation?.id === "string" ? conversation.id : null;
}
