/** Known commands of a completion script: the same tables that the arguments are read with. */
import type { Flag } from "../command.ts";

export interface Known {
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly string[] | null;
  readonly flags: readonly Flag[];
}

/** What else may stand where a command does. */
export const TOP = [
  { name: "help", summary: "tell of a command" },
  { name: "--help", summary: "show the commands" },
  { name: "--version", summary: "show the version" },
] as const;

/** Only a value that is a file is completed with files. */
export function isFile({ value }: Flag): boolean {
  return value === "FILE";
}

/** For a shell, where nothing in it is expanded. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
