/** `baton deploy DIR`: a folder's actions, the egress policy and the secrets of its configuration, to a service, as one change. */
import { readConfig } from "../../author/config.ts";
import { readSecrets } from "../../author/env-file.ts";
import { InputError } from "../../author/input-error.ts";
import type { Command, Io } from "../command.ts";
import { EXIT, type ExitStatus } from "../exit.ts";
import { readArguments } from "../flags.ts";
import { hasSwitch } from "../switches.ts";
import { collectActions } from "./collect.ts";
import { connect, REMOTE_FLAGS, remoteFault } from "./connect.ts";

const USAGE = {
  synopsis: "deploy DIR [flags]",
  description:
    "Deploys every action of a folder, with the egress and the secrets of its baton.config.json, as one change: all of it or nothing. What is deployed is live for all, or for a share of the conversations.",
  flags: [
    ...REMOTE_FLAGS,
    { name: "env-file", value: "FILE", description: "values of the secrets that the configuration names" },
    { name: "percent", value: "N", description: "a canary: so many percent of the conversations, 100 by default" },
    { name: "note", value: "TEXT", description: "kept with each version" },
    { name: "json", description: "print one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton deploy . --tenant acme", "baton deploy actions --percent 10 --note 'new wording'"],
} as const;

export const deployCommand: Command = { usage: USAGE, run: deploy };

async function deploy(args: readonly string[], io: Io): Promise<ExitStatus> {
  const json = hasSwitch(args, "json");
  try {
    const { positionals, values } = readArguments(args, USAGE.flags);
    const [folder, ...rest] = positionals;
    if (folder === undefined || rest.length > 0) throw new InputError("BAD_FLAG", "baton deploy takes one folder.");
    const percent = readPercent(values.get("percent"));
    const { client, tenant } = connect(values);
    const config = await readConfig(folder);
    const envFile = values.get("env-file");
    const secrets = envFile === undefined ? {} : await readSecrets(envFile, config.secrets);
    const collected = collectActions(folder);
    const before = percent === 100 ? [] : (await client.listActions({ tenant })).actions;
    const note = values.get("note");
    const actions = Object.fromEntries(
      collected.map(({ action, entry, files }) => {
        const live = before.find((row) => row.action === action)?.live ?? null;
        return [action, { files, entry, ...(note === undefined ? {} : { note }), live: liveOf(live, percent) }];
      }),
    );
    const egress = config.egress && { ...config.egress, private: undefined };
    const { actions: done } = await client.deploy({
      tenant,
      body: {
        actions,
        secrets: Object.fromEntries(
          Object.entries(secrets).map(([name, { value, hosts }]) => [name, { value, hosts: [...hosts] }]),
        ),
        ...(egress === undefined ? {} : { egress: JSON.parse(JSON.stringify(egress)) as typeof egress }),
      },
    });
    if (json) io.stdout.write(`${JSON.stringify({ tenant, actions: done })}\n`);
    else {
      for (const [action, { version }] of Object.entries(done))
        io.stdout.write(`${action}: version ${version} ${shareText(before, action, version, percent)}\n`);
    }
    return EXIT.ok;
  } catch (error) {
    return remoteFault(error, io, json);
  }
}

function readPercent(text: string | undefined): number {
  const percent = Number(text ?? "100");
  if (!(percent > 0 && percent <= 100))
    throw new InputError("BAD_FLAG", "--percent needs a number above 0, 100 at most.");
  return percent;
}

type Shares = readonly { readonly version: number; readonly percent: number }[];

/** What had nothing else live is live for all, and so is what did not change. */
function shareText(
  before: readonly { readonly action: string; readonly live: Shares | null }[],
  action: string,
  version: number,
  percent: number,
): string {
  const live = liveOf(before.find((row) => row.action === action)?.live ?? null, percent);
  if (live === true) return percent === 100 ? "is live" : "is live for all: nothing else was";
  if (live.split[0]!.version === version) return "is live for all, as before: nothing changed";
  return `is live for ${percent}%`;
}

/** A canary beside what most conversations get; an action that had nothing live gets it for all. */
function liveOf(before: Shares | null, percent: number) {
  if (percent === 100 || before === null) return true as const;
  const stable = before.reduce((most, share) => (share.percent > most.percent ? share : most));
  return {
    split: [
      { version: stable.version, percent: 100 - percent },
      { version: "new" as const, percent },
    ],
  };
}
