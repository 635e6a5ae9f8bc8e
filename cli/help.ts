/** The help texts, for people and as data, made from the same tables that the arguments are read with. */
import type { CommandRow, Flag, Usage } from "./command.ts";
import { terminalOf } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";
import { wrap } from "../author/text.ts";

export function renderOverview(commands: readonly CommandRow[], version: string, stream: NodeJS.WriteStream): string {
  const terminal = terminalOf(stream);
  const rows = commands.map(({ name, summary }) => ({ left: name, right: summary }));
  return [
    wrap(`baton ${version}: runs a support bot's actions and shows what the bot may do afterwards.`, terminal.columns),
    "",
    terminal.paint("bold", "Usage"),
    wrap("baton COMMAND [flags]", terminal.columns, "  "),
    "",
    terminal.paint("bold", "Commands"),
    renderRows(rows, terminal),
    "",
    wrap("baton COMMAND --help says more of a command, baton --version the version.", terminal.columns),
  ].join("\n");
}

export function describeOverview(commands: readonly CommandRow[], version: string) {
  return { version, commands: commands.map(({ name, summary }) => ({ name, summary })) };
}

export function describeUsage(command: string, { synopsis, description, flags, examples }: Usage) {
  const described = flags.map((flag) => ({
    name: `--${flag.name}`,
    value: flag.value ?? flag.optionalValue ?? null,
    description: flag.description,
  }));
  return { command, synopsis: `baton ${synopsis}`, description, flags: described, examples };
}

export function renderUsage(usage: Usage, stream: NodeJS.WriteStream): string {
  const terminal = terminalOf(stream);
  const { columns } = terminal;
  return [
    wrap(usage.description, columns),
    "",
    terminal.paint("bold", "Usage"),
    wrap(`baton ${usage.synopsis}`, columns, "  ", "    "),
    "",
    terminal.paint("bold", "Flags"),
    renderRows(usage.flags.map(rowOf), terminal),
    "",
    terminal.paint("bold", "Examples"),
    ...usage.examples.map((example) => wrap(example, columns, "  ", "    ")),
  ].join("\n");
}

function rowOf({ name, value, optionalValue, description }: Flag): { left: string; right: string } {
  if (optionalValue !== undefined) return { left: `--${name}[=${optionalValue}]`, right: description };
  return { left: value === undefined ? `--${name}` : `--${name} ${value}`, right: description };
}

function renderRows(rows: readonly { left: string; right: string }[], { columns, paint }: Terminal): string {
  const width = Math.max(...rows.map((row) => row.left.length));
  if (columns - width < 34) {
    return rows.map(({ left, right }) => `  ${paint("cyan", left)}\n${wrap(right, columns, "      ")}`).join("\n");
  }
  return rows
    .map(({ left, right }) => {
      const text = wrap(right, columns, " ".repeat(width + 4)).trimStart();
      return `  ${paint("cyan", left)}${" ".repeat(width - left.length + 2)}${text}`;
    })
    .join("\n");
}
