/** `baton migrate`: brings the tables of a store up to date as a step of its own, so that the service's role need not create anything. */
import type { Command, Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readArguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";
import { hasSwitch } from "./switches.ts";

const USAGE = {
  synopsis: "migrate --store ADDRESS [--check]",
  description:
    "Adds the tables and columns that this release needs to a store. Steps only add, so the release before this one goes on working beside it.",
  operands: [],
  flags: [
    { name: "store", value: "ADDRESS", description: "sqlite:PATH or postgres://…" },
    { name: "check", description: "change nothing; exit status 1 where something is missing" },
    { name: "service", description: "the tables of baton serve too, where they are not there yet" },
    { name: "json", description: "print one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton migrate --store postgres://owner@db/baton", "baton migrate --check --store sqlite:handoffs.db"],
} as const;

export const migrateCommand: Command = { usage: USAGE, run: (args, io) => migrate(args, io) };

async function migrate(args: readonly string[], io: Pick<Io, "stdout" | "stderr">): Promise<ExitStatus> {
  try {
    const { positionals, values, switches } = readArguments(args, USAGE.flags);
    if (positionals.length > 0) throw new InputError("BAD_FLAG", "baton migrate takes no arguments but its flags.");
    const store = values.get("store");
    if (store === undefined) throw new InputError("BAD_FLAG", "--store is missing: sqlite:PATH or postgres://…");
    const { openStorage, storageStates } = await import("../storage/index.ts");
    const { schema } = await import("../delivery/store-schema.ts");
    const { schema: service } = await import("../service/store/schema.ts");
    // A store that holds hand-offs alone gets no tables of the service by the way.
    const there = (await storageStates(store, [service])).some(({ version }) => version > 0);
    const schemas = there || switches.has("service") ? [schema, service] : [schema];
    const before = await storageStates(store, schemas);
    const behind = before.filter(({ version, newest }) => version < newest);
    if (!switches.has("check")) await (await openStorage({ store, schemas })).close();
    if (switches.has("json")) io.stdout.write(`${JSON.stringify({ schemas: before, behind: behind.length })}\n`);
    else
      for (const { name, version, newest } of before) {
        const state =
          version >= newest ? "up to date" : switches.has("check") ? `needs ${newest}` : `brought to ${newest}`;
        io.stdout.write(`${name.padEnd(12)} version ${version}, ${state}\n`);
      }
    return switches.has("check") && behind.length > 0 ? EXIT.failed : EXIT.ok;
  } catch (error) {
    return fault(error, io, hasSwitch(args, "json"));
  }
}
