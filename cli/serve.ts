/** `baton serve`: the runtime as a service, from an empty folder or on a platform's database. Its flags are the service's settings. */
import type { Command, Flag, Io } from "./command.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { fault } from "./fault.ts";
import { readArguments } from "./flags.ts";
import { InputError } from "../author/input-error.ts";
import { HostFault } from "../base/fault.ts";
import { flagOf } from "../service/variables.ts";
import { settingsSchema } from "../service/settings.ts";

type Line = Pick<Io, "stdout" | "stderr" | "interrupted">;

const SETTINGS = Object.entries(settingsSchema.shape);

const flags: readonly Flag[] = [
  { name: "config", value: "FILE", description: "the configuration, baton.service.json where it is there" },
  ...SETTINGS.map(([name, schema]) => ({
    name: flagOf(name),
    value: "VALUE",
    description: (schema.description ?? "").replaceAll("`", ""),
  })),
  { name: "check", description: "read the configuration, try the store, the key and the walls, and stop" },
  { name: "print-config", description: "print every setting and where it comes from, and stop" },
  { name: "json", description: "with --check, --print-config and faults: one line of JSON" },
  { name: "help", description: "show this text" },
];

const USAGE = {
  synopsis: "serve [flags]",
  description:
    "Serves tenants' actions over HTTP. Without a word it keeps everything in ./baton-data and prints an admin key once. Every flag is also read from the environment: --admin-key from BATON_ADMIN_KEY.",
  flags,
  examples: ["baton serve", "baton serve --store postgres://baton@db/baton --host 0.0.0.0", "baton serve --check"],
};

export const serveCommand: Command = { usage: USAGE, run: serve };

export async function serve(args: readonly string[], io: Line): Promise<ExitStatus> {
  let json = args.includes("--json");
  try {
    const { positionals, values, switches } = readArguments(args, flags);
    json = switches.has("json");
    if (positionals[0] !== undefined) throw new InputError("BAD_FLAG", `baton serve takes no ${positionals[0]}.`);
    const { checkService, createService, printable, readConfig, strayVariables } = await import("../service/index.ts");
    const given = Object.fromEntries(
      ["config", ...SETTINGS.map(([name]) => name)].map((name) => [name, values.get(flagOf(name))]),
    );
    const config = readConfig({ flags: given });
    for (const { name, meant } of strayVariables())
      io.stderr.write(`The variable ${name} is no setting.${meant === null ? "" : ` Is ${meant} meant?`}\n`);
    if (switches.has("print-config")) {
      io.stdout.write(`${JSON.stringify(printable(config), null, json ? undefined : 2)}\n`);
      return EXIT.ok;
    }
    if (switches.has("check")) return report(await checkService(config.settings), json, io);
    const keys: string[] = [];
    const service = await createService({ ...config.settings, onFirstKey: (key) => void keys.push(key) });
    return await serveUntilStopped(service, keys, io);
  } catch (error) {
    const known = error instanceof HostFault && error.code === "SERVICE_CONFIG_INVALID";
    return fault(known ? new InputError("CONFIG_INVALID", error.message) : error, io, json);
  }
}

type Checked = Awaited<ReturnType<typeof import("../service/index.ts").checkService>>;
type Service = Awaited<ReturnType<typeof import("../service/index.ts").createService>>;

async function serveUntilStopped(service: Service, keys: readonly string[], io: Line): Promise<ExitStatus> {
  try {
    const url = await service.listen();
    for (const key of keys) io.stdout.write(`Admin key, shown this once: ${key}\n`);
    io.stdout.write(`Baton serves on ${url}, its documents on ${url}/docs\n`);
    await stopped(io.interrupted);
  } finally {
    await service.close();
  }
  return EXIT.ok;
}

function report(checked: Checked, json: boolean, io: Line): ExitStatus {
  const { ok, store, walls, secretsKey, problems } = checked;
  if (json) io.stdout.write(`${JSON.stringify(checked)}\n`);
  else if (ok) {
    const state = { ready: "is up to date", empty: "is made at the start", behind: "is migrated at the start" }[
      store.state
    ];
    io.stdout.write(`The configuration is good. The ${store.kind} store ${state}; the secrets key is ${secretsKey}.\n`);
    io.stdout.write(`Walls that stand: ${walls.standing.join(", ")}.\n`);
  } else for (const problem of problems) io.stderr.write(`${problem}\n`);
  return ok ? EXIT.ok : EXIT.failed;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
