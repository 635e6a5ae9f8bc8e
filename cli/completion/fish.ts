/** Completion in fish. */
import type { Flag } from "../command.ts";
import { TOP, isFile, quoted } from "./known.ts";
import type { Known } from "./known.ts";

export function fish(commands: readonly Known[]): string {
  const first = [...commands, ...TOP].map(
    ({ name, summary }) => `complete -c baton -n __fish_use_subcommand -f -a ${quoted(name)} -d ${quoted(summary)}`,
  );
  const names = commands.map(({ name }) => name).join(" ");
  const rest = commands.flatMap(({ name, flags, operands }) => [
    ...(operands === null ? [] : [`${within(name)} -f -a ${quoted(operands.join(" "))}`]),
    ...flags.map((flag) => `${within(name)} -l ${flag.name}${valueOf(flag)} -d ${quoted(flag.description)}`),
  ]);
  return `${[...first, `${within("help")} -f -a ${quoted(names)}`, ...rest].join("\n")}\n`;
}

function within(command: string): string {
  return `complete -c baton -n '__fish_seen_subcommand_from ${command}'`;
}

function valueOf(flag: Flag): string {
  if (flag.value === undefined) return "";
  if (flag.choices !== undefined) return ` -x -a ${quoted(flag.choices.join(" "))}`;
  return isFile(flag) ? " -r -F" : " -x";
}
