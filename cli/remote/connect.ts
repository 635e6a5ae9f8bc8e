/** What the commands that speak to a service share: where it is, by which key, for which tenant. */
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
    throw new InputError("BAD_FLAG", "BATON_KEY is not set: a key of the service, with the scopes that this needs.");
  const address = values.get("url") ?? url ?? "http://127.0.0.1:8321";
  if (!URL.canParse(address)) throw new InputError("BAD_FLAG", `${address} is no address of a service.`);
  return { client: createClient({ url: address, key }), tenant: chosen };
}

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
    io.stderr.write(`${paint("red", "baton:")} ${visible(`${error.message} (${error.code})`)}\n`);
    return error.status === 422 || error.status === 400 ? EXIT.invalid : EXIT.failed;
  }
  if (error instanceof TypeError && error.message === "fetch failed") {
    return fault(new Error("The service cannot be reached; is BATON_URL its address?", { cause: error }), io, json);
  }
  return fault(error, io, json);
}
