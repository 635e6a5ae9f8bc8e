/**
 * Definitions of commands: what every command has in common: its arguments are read against its table, and whatever keeps it from its work is one
 * sentence, or one object with --json, and a status that scripts can rely on.
 */
import type { Command, Io, Usage } from "./command.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readArguments } from "./flags.ts";
import type { Arguments } from "./flags.ts";
import { hasSwitch } from "./switches.ts";

export type Work = (given: Arguments, io: Io, json: boolean) => ExitStatus | Promise<ExitStatus>;

/** `refuse` says how the command ends that could not do what it was asked; for most in one sentence. */
export function defineCommand(usage: Usage, work: Work, refuse: typeof fault = fault): Command {
  return {
    usage,
    async run(args, io) {
      const json = hasSwitch(args, "json");
      try {
        return await work(readArguments(args, usage.flags), io, json);
      } catch (error) {
        return refuse(error, io, json);
      }
    },
  };
}
