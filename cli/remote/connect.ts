/** Connections to a service: what the commands that speak to a service share: where it is, by which key, for which tenant. */
import { InputError } from "../../author/input-error.ts";
import { BatonError, createClient, type Client } from "../../service/client/index.ts";
import { remoteSettings } from "../../service/remote.ts";
import type { Flag, Io } from "../command.ts";
import { EXIT, type ExitStatus } from "../exit.ts";
import { fault } from "../fault.ts";
import { terminalOf } from "../terminal.ts";
import { visible } from "../../author/text.ts";

export const REMOTE_FLAGS: readonly Flag[] = [
  { name: "tenant", value: "TENANT", description: "whose actions; BATON_TENANT without it" },
  { name: "url", value: "URL", description: "the service; BATON_URL without it, else http://127.0.0.1:8321" },
];

export interface Remote {
  readonly client: Client;
  readonly tenant: string;
}

export function connect(values: ReadonlyMap<string, string>): Remote {
  const { url, key, tenant } = remoteSettings();
  const chosen = values.get("tenant") ?? tenant;
  if (chosen === undefined) throw new InputError("BAD_FLAG", "Say whose actions: --tenant TENANT, or BATON_TENANT.");
  if (key === undefined)
    throw new InputError(
      "BAD_FLAG",
      "BATON_KEY is not set: a key of the service, such as the admin key that its first start printed.",
    );
  const address = values.get("url") ?? url ?? "http://127.0.0.1:8321";
  if (!URL.canParse(address))
    throw new InputError("BAD_FLAG", `${address} is no address of a service, such as http://127.0.0.1:8321.`);
  return { client: createClient({ url: address, key }), tenant: chosen };
}

/** What to do about a problem, where its sentence does not say so: for a program a code is enough. */
const HINTS: readonly (readonly [code: string, message: RegExp, hint: string])[] = [
  ["NOT_FOUND", /such action/, "`baton versions` lists the tenant's actions."],
  ["NOT_FOUND", /such version/, "`baton versions ACTION` lists them."],
  ["NOT_FOUND", /such tenant/, "Is --tenant, or BATON_TENANT, its name, and BATON_KEY a key of it or of all tenants?"],
  ["ACTION_NOT_LIVE", /./, "`baton rollback ACTION --to VERSION` puts one live."],
  ["KEY_INVALID", /./, "BATON_KEY has to be a key of this service; `POST /v1/keys` makes one."],
  ["SCOPE_MISSING", /./, "`POST /v1/keys` makes a key with other scopes."],
];

const hintFor = ({ code, message }: BatonError): string => {
  const found = HINTS.find(([of, which]) => of === code && which.test(message));
  return found === undefined ? "" : ` ${found[2]}`;
};

/** A problem of the service in one sentence, with what it says of each line. */
export function remoteFault(error: unknown, io: Pick<Io, "stdout" | "stderr">, json: boolean): ExitStatus {
  if (error instanceof BatonError && !json) {
    const { paint } = terminalOf(io.stderr);
    const diagnostics = (error.problem["diagnostics"] ?? []) as readonly {
      frame?: string;
      file?: string;
      line?: number;
    }[];
    for (const { file, line, frame } of diagnostics) {
      io.stderr.write(
        `${visible(`${file ?? ""}${line === undefined ? "" : `:${line}`}`)}\n${frame === undefined ? "" : `${visible(frame)}\n`}`,
      );
    }
    io.stderr.write(`${paint("red", "baton:")} ${visible(`${error.message} (${error.code})${hintFor(error)}`)}\n`);
    return error.status === 422 || error.status === 400 ? EXIT.invalid : EXIT.failed;
  }
  if (error instanceof TypeError && error.message === "fetch failed") {
    const message = "The service cannot be reached; does it run, and is BATON_URL (or --url) its address?";
    return fault(new Error(message, { cause: error }), io, json);
  }
  return fault(error, io, json);
}
