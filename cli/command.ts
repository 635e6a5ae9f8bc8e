/**
 * A command: a row in the table of commands.ts, loaded only when it is asked for, so that `baton --version` reads no runtime.
 */
import type { ExitStatus } from "./exit.ts";

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export interface Command {
  readonly usage: Usage;
  run(args: readonly string[], io: Io): Promise<ExitStatus>;
}

export interface Usage {
  /** What to type, without the leading "baton". */
  readonly synopsis: string;
  readonly description: string;
  /** The words that the first operand is one of; without them it is a file or a folder. */
  readonly operands?: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
}

export interface Flag {
  /** Without the leading dashes. */
  readonly name: string;
  /** What stands after the flag, in capitals; without it the flag is a switch. */
  readonly value?: string;
  /** What may stand behind an equals sign: the flag is a switch without it. */
  readonly optionalValue?: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  /** The words that the value is one of. */
  readonly choices?: readonly string[];
  readonly description: string;
}

export interface Io {
  /** The table of commands, for those that list them. */
  readonly commands: readonly CommandRow[];
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted when the person at the terminal interrupts. */
  readonly interrupted: AbortSignal;
}
