/** `baton schema`: what arguments an action takes, as JSON Schema or as a tool that a model can call. */
import { basename } from "node:path";
import { actionFile } from "../author/action-file.ts";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import type { ArgsSchema } from "../author/schema/args-schema.ts";
import { visible, visibleJson } from "../author/text.ts";
import type { Command, Io } from "./command.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import type { Arguments } from "./flags.ts";

const USAGE = {
  synopsis: "schema ACTION [flags]",
  description:
    "Prints the JSON Schema of an action's arguments: of the type that its entry point gives ActionContext, or of a zod schema that it exports as args. Doc comments become descriptions. Status 1 where none can be made.",
  flags: [
    { name: "openai", description: "print a tool definition as OpenAI's API takes it" },
    { name: "anthropic", description: "print a tool definition as Anthropic's API takes it" },
    { name: "json", description: "print the schema, the description and the diagnostics as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton schema actions/refund.ts", "baton schema actions/refund.ts --anthropic > refund.tool.json"],
} as const;

export const schemaCommand: Command = defineCommand(USAGE, printSchema);

async function printSchema(given: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const action = readAction(given);
  const [{ ScenarioRunner }, { argsSchema }] = await Promise.all([
    import("../author/scenarios/runner.ts"),
    import("../author/schema/args-schema.ts"),
  ]);
  await using runner = new ScenarioRunner();
  const made = await argsSchema(action, runner);
  const { schema, description, diagnostics } = made;
  const printed = schema === null ? null : formOf(made, action, given.switches);
  if (json) {
    const report = { action: shown(action), schema, description, diagnostics };
    io.stdout.write(
      `${visibleJson(JSON.stringify(printed === schema || printed === null ? report : { ...report, tool: printed }))}\n`,
    );
  } else if (printed !== null) {
    io.stdout.write(`${visibleJson(JSON.stringify(printed, null, 2))}\n`);
  } else {
    for (const { message, line, column } of diagnostics) {
      const place = line === null ? shown(action) : `${shown(action)}:${line}:${column}`;
      io.stderr.write(`baton: ${place}: ${visible(message)}\n`);
    }
  }
  return schema === null ? EXIT.failed : EXIT.ok;
}

function formOf({ schema, description }: ArgsSchema, action: string, switches: ReadonlySet<string>): object {
  const name = basename(action)
    .replace(/\.[^.]+$/, "")
    .replaceAll(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 64);
  const described = description === null ? {} : { description };
  if (switches.has("openai")) return { type: "function", function: { name, ...described, parameters: schema } };
  if (switches.has("anthropic")) return { name, ...described, input_schema: schema };
  return schema!;
}

function readAction({ positionals: [asked, ...more], switches }: Arguments): string {
  if (asked === undefined || more.length > 0) throw new InputError("BAD_FLAG", "Name one action: baton schema ACTION.");
  if (switches.has("openai") && switches.has("anthropic"))
    throw new InputError("BAD_FLAG", "Give --openai or --anthropic, not both.");
  return actionFile(asked);
}
