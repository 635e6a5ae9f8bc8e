/** `baton versions` and `baton rollback`: what there is of an action, and back to what was live before. */
import { InputError } from "../../author/input-error.ts";
import { visibleLine } from "../../author/text.ts";
import type { Command, Io } from "../command.ts";
import { EXIT, type ExitStatus } from "../exit.ts";
import { readArguments } from "../flags.ts";
import { hasSwitch } from "../switches.ts";
import { connect, REMOTE_FLAGS, remoteFault } from "./connect.ts";

const COMMON = [
  ...REMOTE_FLAGS,
  { name: "json", description: "print one line of JSON" },
  { name: "help", description: "show this text" },
];

const VERSIONS = {
  synopsis: "versions [ACTION] [flags]",
  description: "Lists an action's versions and which are live; without an action, the actions.",
  flags: COMMON,
  examples: ["baton versions --tenant acme", "baton versions refund"],
};
const ROLLBACK = {
  synopsis: "rollback ACTION [flags]",
  description:
    "Makes live what was live before the last change, or the version that is named. Runs that began keep theirs.",
  flags: [{ name: "to", value: "VERSION", description: "this version" }, ...COMMON],
  examples: ["baton rollback refund", "baton rollback refund --to 3"],
};

export const versionsCommand: Command = { usage: VERSIONS, run: versions };
export const rollbackCommand: Command = { usage: ROLLBACK, run: rollback };

async function versions(args: readonly string[], io: Io): Promise<ExitStatus> {
  const json = hasSwitch(args, "json");
  try {
    const { positionals, values } = readArguments(args, VERSIONS.flags);
    const [action] = positionals;
    const { client, tenant } = connect(values);
    const { actions } = await client.listActions({ tenant });
    if (action === undefined) {
      if (json) io.stdout.write(`${JSON.stringify({ actions })}\n`);
      else for (const row of actions) io.stdout.write(`${row.action}: ${sharesText(row.live)}; newest ${row.newest}\n`);
      return EXIT.ok;
    }
    const { versions: rows } = await client.listVersions({ tenant, action });
    const live = actions.find((row) => row.action === action)?.live ?? [];
    if (json) io.stdout.write(`${JSON.stringify({ action, live, versions: rows })}\n`);
    for (const row of json ? [] : rows) {
      const share = live.find(({ version }) => version === row.version);
      const shown = share === undefined ? "" : `  live${share.percent === 100 ? "" : ` ${share.percent}%`}`;
      const note = row.note === null ? "" : `  ${visibleLine(row.note)}`;
      io.stdout.write(
        `${String(row.version).padStart(4)}  ${row.createdAt}  ${row.hash.slice(0, 12)}${shown}${note}\n`,
      );
    }
    return EXIT.ok;
  } catch (error) {
    return remoteFault(error, io, json);
  }
}

async function rollback(args: readonly string[], io: Io): Promise<ExitStatus> {
  const json = hasSwitch(args, "json");
  try {
    const { positionals, values } = readArguments(args, ROLLBACK.flags);
    const [action, ...rest] = positionals;
    if (action === undefined || rest.length > 0) throw new InputError("BAD_FLAG", "baton rollback takes one action.");
    const { client, tenant } = connect(values);
    const to = values.get("to");
    const now = await client.getLive({ tenant, action });
    const split =
      to === undefined ? await before(client, tenant, action) : [{ version: readVersion(to), percent: 100 }];
    // Another's change in between is not undone unseen.
    const set = await client.putLive({
      tenant,
      action,
      body: { split: [...split] },
      headers: { "if-match": `"${now.deployment}"` },
    });
    if (json) io.stdout.write(`${JSON.stringify(set)}\n`);
    else io.stdout.write(`${action}: ${sharesText(set.split)}, was ${sharesText(now.split)}\n`);
    return EXIT.ok;
  } catch (error) {
    return remoteFault(error, io, json);
  }
}

type Shares = readonly { readonly version: number; readonly percent: number }[];

async function before(client: ReturnType<typeof connect>["client"], tenant: string, action: string): Promise<Shares> {
  const { deployments } = await client.listDeployments({ tenant, action, query: { limit: 1000 } });
  const [current, ...older] = deployments;
  const found = older.find(({ split }) => JSON.stringify(split) !== JSON.stringify(current?.split));
  if (found === undefined)
    throw new InputError("BAD_FLAG", `Nothing else was ever live of ${action}; name a version with --to.`);
  return found.split;
}

function readVersion(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InputError("BAD_FLAG", "--to needs a version's number.");
  return Number(text);
}

function sharesText(shares: Shares | null): string {
  if (shares === null) return "nothing is live";
  return shares
    .map(({ version, percent }) => `version ${version}${percent === 100 ? "" : ` (${percent}%)`}`)
    .join(", ");
}
