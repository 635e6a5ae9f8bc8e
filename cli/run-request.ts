/** What `baton run` is asked for: reads the flags and the files they name into one invocation, or says in one sentence why not. */
import { dirname, resolve } from "node:path";
import type { Environment } from "../host-api/handoff/intent.ts";
import type { Json } from "../sandbox/index.ts";
import type { Io, Usage } from "./command.ts";
import type { Config } from "../author/config.ts";
import type { Secrets } from "../author/env-file.ts";
import { readTextFile, readTextStream, shown } from "../author/files.ts";
import { readArguments } from "./flags.ts";
import type { Arguments } from "./flags.ts";
import { readInstant } from "./instant.ts";
import { InputError } from "../author/input-error.ts";
import { findJsonMistake } from "../author/json-position.ts";
import { nearest } from "../base/suggest.ts";
import { visibleLine } from "../author/text.ts";

export interface RunRequest {
  readonly invocation: {
    readonly action: { readonly file: string };
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
  /** Sentences worth telling a person before the outcome. */
  readonly notes: readonly string[];
}

const ENVIRONMENTS: readonly Environment[] = ["production", "test", "mock"];

export const RUN_USAGE: Usage = {
  synopsis: "run ACTION --context FILE.json [flags]",
  description:
    "Runs an action once, in the walls and by the rules of production, and shows what came of it. Hand-offs are decided and recorded in memory; nothing is delivered to anybody.",
  flags: [
    {
      name: "context",
      value: "FILE",
      description: "the context that the action receives, JSON; - reads standard input",
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
    { name: "json", description: "print the outcome as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    "baton run fraud-review.ts --context chat.json",
    "baton run business-hours.ts --context phone.json --now 2026-03-02T15:00:00Z",
    "baton run fraud-review.ts --context chat.json --json | jq .handoff",
  ],
};

export async function readRunRequest(args: readonly string[], io: Io): Promise<RunRequest> {
  const given = readArguments(args, RUN_USAGE.flags);
  const action = readAction(given);
  const now = readInstant(given, "now");
  const seed = given.values.get("seed");
  const wallMs = await readLimit(given, "timeout", "wallMs", "milliseconds");
  const memoryMiB = await readLimit(given, "memory", "memoryMiB", "mebibytes");
  const environment = readEnvironment(given);
  const alreadyHandedOff = given.switches.has("already-handed-off");

  const { readConfig } = await import("../author/config.ts");
  const config = await readConfig(dirname(action));
  const { secrets, notes } = await readSecretsOf(given, config);
  const context = await readContext(given, io);
  const conversationId = conversationIdOf(context);
  if (alreadyHandedOff && conversationId === null) {
    throw new InputError("BAD_FLAG", "--already-handed-off needs a context with a conversation that has an id.");
  }
  return {
    invocation: {
      action: { file: action },
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
    notes,
  };
}

function readAction({ positionals }: Arguments): string {
  const [action, ...more] = positionals;
  if (action === undefined || action === "") {
    throw new InputError("BAD_FLAG", "Name the action to run: baton run ACTION --context FILE.json.");
  }
  if (more[0] !== undefined) {
    throw new InputError(
      "BAD_FLAG",
      `baton run takes one action: ${visibleLine(more[0].slice(0, 80))} is one too many.`,
    );
  }
  return resolve(action);
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

async function readSecretsOf(
  { values }: Arguments,
  config: Config,
): Promise<{ readonly secrets?: Secrets; readonly notes: readonly string[] }> {
  const path = values.get("env-file");
  const names = Object.keys(config.secrets ?? {});
  if (path !== undefined) {
    const { readSecrets } = await import("../author/env-file.ts");
    return { secrets: await readSecrets(resolve(path), config.secrets), notes: [] };
  }
  if (names.length === 0) return { notes: [] };
  return { notes: [`without --env-file ${names.join(", ")} ${names.length === 1 ? "has" : "have"} no value.`] };
}

async function readContext({ values }: Arguments, io: Io): Promise<Json> {
  const path = values.get("context");
  if (path === undefined) {
    throw new InputError(
      "BAD_FLAG",
      "Give the context that the action is called with: --context FILE.json, or --context - for standard input.",
    );
  }
  const name = path === "-" ? "The context on standard input" : `The context ${shown(resolve(path))}`;
  const text =
    path === "-" ? await readTextStream(io.stdin, "The context") : await readTextFile(resolve(path), "The context");
  const mistake = findJsonMistake(text);
  if (mistake !== null) {
    const { line, column, expected } = mistake;
    throw new InputError(
      "CONTEXT_NOT_JSON",
      `${name} is not JSON: line ${line}, column ${column}: expected ${expected}.`,
    );
  }
  return JSON.parse(text) as Json;
}

/** Only for the flag that needs it: the runtime reads the context against its schema. */
function conversationIdOf(context: Json): string | null {
  const conversation = (context as { readonly conversation?: { readonly id?: unknown } | null } | null)?.conversation;
  return typeof conversation?.id === "string" ? conversation.id : null;
}
