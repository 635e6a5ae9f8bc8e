/** `baton new`: one more action in a project, with a scenario beside it. What is there already stays as it is. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { shown } from "../author/files.ts";
import { InputError } from "../author/input-error.ts";
import { visibleJson, visibleLine } from "../author/text.ts";
import { writeFileWhole } from "../author/write.ts";
import type { Command, Io } from "./command.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { terminalOf } from "./terminal.ts";

const USAGE = {
  synopsis: "new NAME [flags]",
  description:
    "Writes an action and a scenario for it: into the folder actions where there is one, or else into the working folder. NAME may begin with a folder.",
  flags: [
    { name: "js", description: "write JavaScript instead of TypeScript" },
    { name: "json", description: "print what was written as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton new refund", "baton new billing/refund --js"],
} as const;

export const newCommand: Command = defineCommand(USAGE, create);

async function create({ positionals, switches }: Arguments, io: Io, json: boolean): Promise<ExitStatus> {
  const path = readPath(positionals, switches.has("js") ? ".js" : ".ts");
  const stem = path.slice(0, path.lastIndexOf("."));
  const files = [
    { path, text: path.endsWith(".js") ? JAVASCRIPT : TYPESCRIPT },
    { path: `${stem}.scenario.yaml`, text: SCENARIO },
  ];
  for (const file of files) {
    if (existsSync(file.path))
      throw new InputError("FILE_UNWRITABLE", `${shown(file.path)} is there already: choose another name.`);
  }
  mkdirSync(dirname(path), { recursive: true });
  for (const file of files) await writeFileWhole(file.path, file.text);
  const written = files.map((file) => shown(file.path));
  if (json) io.stdout.write(`${visibleJson(JSON.stringify({ written }))}\n`);
  else {
    const { paint } = terminalOf(io.stdout);
    for (const name of written) io.stdout.write(`${paint("green", "wrote")} ${name}\n`);
    io.stdout.write(`\n${paint("bold", "Next")}\n  npx baton test ${shown(path)}\n`);
  }
  return EXIT.ok;
}

function readPath([name, ...more]: readonly string[], extension: string): string {
  if (name === undefined || more.length > 0) throw new InputError("BAD_FLAG", "Name one action: baton new NAME.");
  const bare = name.replace(/\.(?:ts|js)$/, "");
  if (!/^(?:[A-Za-z0-9_][\w.-]*\/)*[A-Za-z0-9_][\w-]*$/.test(bare)) {
    const sentence = `${visibleLine(name.slice(0, 80))} is no name for an action: use letters, digits, - and _, such as refund or billing/refund.`;
    throw new InputError("BAD_FLAG", sentence);
  }
  const folder = resolve("actions");
  const isProject = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true && !bare.startsWith("actions/");
  return join(isProject ? folder : resolve("."), `${bare}${/\.(?:ts|js)$/.exec(name)?.[0] ?? extension}`);
}

const BODY = `  const { topic } = context.args;
  // Do here what the bot cannot do by itself; what is returned is for the bot to say to the customer.
  if (topic === "complaint") {
    hand_off_conversation(context, "The customer has a complaint");
    return { success: true, message: "A colleague takes over and will answer here." };
  }
  return { success: true, message: \`Tell the customer what you know about \${topic}.\` };
}
`;

const TYPESCRIPT = `/// <reference types="baton-runtime/globals" />

export function execute_action(context: ActionContext<{ topic: string }>) {
${BODY}`;

const JAVASCRIPT = `export function execute_action(context) {
${BODY}`;

const SCENARIO = `- name: an ordinary question
  args: { topic: shipping }
  expect:
    handoff: null
    returnValue: { $partial: { success: true } }

- name: a complaint
  args: { topic: complaint }
  expect:
    handoff: { kind: handoff, reason: { $contains: complaint } }
`;
