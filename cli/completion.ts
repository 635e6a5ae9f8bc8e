/** `baton completion`: a script that teaches a shell the commands and flags, made from the tables that the commands are read with. */
import type { Command, CommandRow } from "./command.ts";
import { bash } from "./completion/bash.ts";
import { fish } from "./completion/fish.ts";
import type { Known } from "./completion/known.ts";
import { zsh } from "./completion/zsh.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";
import { nearest } from "../base/suggest.ts";
import { visibleLine } from "../author/text.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Known[]) => string>> = { bash, zsh, fish };

const USAGE = {
  synopsis: "completion SHELL [flags]",
  description:
    "Prints a script that completes commands, flags and files of baton in bash, zsh or fish. It completes the word baton: put node_modules/.bin on your PATH, or define a function baton that calls npx baton.",
  operands: SHELLS,
  flags: [
    { name: "json", description: "print the shell and the script as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: [
    'eval "$(npx baton completion bash)"',
    "npx baton completion zsh > ~/.zfunc/_baton",
    "npx baton completion fish > ~/.config/fish/completions/baton.fish",
  ],
} as const;

export const completionCommand: Command = defineCommand(USAGE, async (given, io, json) => {
  const shell = readShell(given);
  const script = SCRIPTS[shell](await Promise.all(io.commands.map(load)));
  io.stdout.write(json ? `${JSON.stringify({ shell, script })}\n` : script);
  return EXIT.ok;
});

async function load(row: CommandRow): Promise<Known> {
  const { usage } = await row.load();
  return { name: row.name, summary: row.summary, operands: usage.operands ?? null, flags: usage.flags };
}

function readShell({ positionals }: Arguments): Shell {
  const [asked = "", more] = positionals;
  const found = SHELLS.find((shell) => shell === asked);
  if (more !== undefined || asked === "") throw new InputError("BAD_FLAG", "Name one shell: bash, zsh or fish.");
  if (found !== undefined) return found;
  const near = nearest(asked, SHELLS);
  const hint = near === null ? "it is bash, zsh or fish." : `did you mean ${near}?`;
  throw new InputError("BAD_FLAG", `There is no completion for ${visibleLine(asked.slice(0, 80))}: ${hint}`);
}
