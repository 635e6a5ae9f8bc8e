/** `baton completion`: a script that teaches a shell the commands and flags, made from the tables that the commands are read with. */
import type { Command, CommandRow, Flag, Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readArguments } from "./flags.ts";
import { InputError } from "./input-error.ts";
import { nearest } from "./suggest.ts";
import { visibleLine } from "./text.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const USAGE = {
  synopsis: "completion SHELL",
  description: "Prints a script that completes commands, flags and files of baton in bash, zsh or fish.",
  flags: [{ name: "help", description: "show this text" }],
  examples: [
    'eval "$(npx baton completion bash)"',
    "npx baton completion zsh > ~/.zfunc/_baton",
    "npx baton completion fish > ~/.config/fish/completions/baton.fish",
  ],
} as const;

interface Known {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
}

export const completionCommand: Command = {
  usage: USAGE,
  async run(args, io) {
    try {
      const shell = readShell(args);
      return print(SCRIPTS[shell](await Promise.all(io.commands.map(load))), io);
    } catch (error) {
      return fault(error, io, false);
    }
  },
};

async function load(row: CommandRow): Promise<Known> {
  const { usage } = await row.load();
  return { name: row.name, summary: row.summary, flags: usage.flags };
}

function readShell(args: readonly string[]): Shell {
  const { positionals } = readArguments(args, USAGE.flags);
  const [asked = "", more] = positionals;
  const found = SHELLS.find((shell) => shell === asked);
  if (more !== undefined || asked === "") throw new InputError("BAD_FLAG", "Name one shell: bash, zsh or fish.");
  if (found !== undefined) return found;
  const near = nearest(asked, SHELLS);
  const hint = near === null ? "it is bash, zsh or fish." : `did you mean ${near}?`;
  throw new InputError("BAD_FLAG", `There is no completion for ${visibleLine(asked.slice(0, 80))}: ${hint}`);
}

function print(script: string, io: Io): ExitStatus {
  io.stdout.write(script);
  return EXIT.ok;
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Known[]) => string>> = { bash, zsh, fish };

const wordsOf = (flags: readonly Flag[]): string => flags.map(({ name }) => `--${name}`).join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

function bash(commands: readonly Known[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, flags }) => `    ${name}) flags="${wordsOf(flags)}" ;;`);
  return `_baton() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} help --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _baton baton
`;
}

function zsh(commands: readonly Known[]): string {
  const names = commands.map(
    ({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", String.raw`\:`)}`)}`,
  );
  const cases = commands.map(({ name, flags }) => {
    const specs = flags.map(({ name: flag, value, description }) => {
      const told = description.replaceAll(/[[\]:]/g, String.raw`\$&`);
      const argument = value === undefined ? "" : `:${value.toLowerCase()}:_files`;
      return quoted(`--${flag}[${told}]${argument}`);
    });
    return `    ${name}) _arguments ${[...specs, "'*:file:_files'"].join(" ")} ;;`;
  });
  return `#compdef baton
_baton() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command="\${words[2]}"
  shift words; (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_baton" ]; then _baton "$@"; else compdef _baton baton; fi
`;
}

function fish(commands: readonly Known[]): string {
  const lines = commands.flatMap(({ name, summary, flags }) => [
    `complete -c baton -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...flags.map(({ name: flag, value, description }) => {
      const requires = value === undefined ? "" : " -r";
      return `complete -c baton -n '__fish_seen_subcommand_from ${name}' -l ${flag}${requires} -d ${quoted(description)}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}
