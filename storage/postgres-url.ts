/** Reads a `postgres://` address: what it may say is documented, and anything else is refused by name instead of being passed over. */
import { readFileSync } from "node:fs";
import { HostFault } from "../base/fault.ts";
import type { PostgresConfig } from "./postgres-types.ts";

type Read = (value: string, config: Draft) => void;
type Draft = { -readonly [K in keyof PostgresConfig]: PostgresConfig[K] } & { tls: Tls };
interface Tls {
  mode: string | null;
  ca?: string;
  cert?: string;
  key?: string;
}

const wholeNumber = (name: string, value: string, least: number, most: number): number => {
  if (!/^\d{1,10}$/.test(value) || Number(value) < least || Number(value) > most)
    throw refused(`${name} is not a whole number from ${least} to ${most}.`);
  return Number(value);
};
const A_TIMER_S = 2_147_483;

const file = (name: string, path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw refused(`the file of ${name} cannot be read.`);
  }
};

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full", "no-verify"];

const PARAMETERS: Readonly<Record<string, Read>> = {
  host: (value, config) => void (config.host = value),
  port: (value, config) => void (config.port = wholeNumber("port", value, 1, 65_535)),
  user: (value, config) => void (config.user = value),
  password: (value, config) => void (config.password = value),
  dbname: (value, config) => void (config.database = value),
  application_name: (value, config) => void (config.application_name = value),
  options: (value, config) => void (config.options = value),
  max: (value, config) => void (config.max = wholeNumber("max", value, 1, 10_000)),
  connect_timeout: (value, config) =>
    void (config.connectionTimeoutMillis = wholeNumber("connect_timeout", value, 1, A_TIMER_S) * 1000),
  statement_timeout: (value, config) =>
    void (config.statement_timeout = wholeNumber("statement_timeout", value, 0, 2_147_483_647)),
  sslmode(value, config) {
    if (!SSL_MODES.includes(value)) throw refused(`sslmode is one of ${SSL_MODES.join(", ")}.`);
    config.tls.mode = value;
  },
  ssl(value, config) {
    if (!["true", "1", "false", "0"].includes(value)) throw refused("ssl is true or false.");
    config.tls.mode = value === "true" || value === "1" ? "verify-full" : "disable";
  },
  sslrootcert: (value, config) => void (config.tls.ca = file("sslrootcert", value)),
  sslcert: (value, config) => void (config.tls.cert = file("sslcert", value)),
  sslkey: (value, config) => void (config.tls.key = file("sslkey", value)),
  channel_binding(value, config) {
    if (!["disable", "prefer", "require"].includes(value))
      throw refused("channel_binding is disable, prefer or require.");
    config.enableChannelBinding = value !== "disable";
  },
};

const URL_PARAMETERS = Object.keys(PARAMETERS);

export function readPostgresUrl(address: string): PostgresConfig {
  const { url, hostname } = parse(address);
  const config: Draft = { tls: { mode: null } };
  if (hostname !== "") config.host = decoded(hostname).replace(/^\[(.+)\]$/, "$1");
  if (url.port !== "") config.port = Number(url.port);
  if (url.username !== "") config.user = decoded(url.username);
  if (url.password !== "") config.password = decoded(url.password);
  const database = decoded(url.pathname.slice(1));
  if (database !== "") config.database = database;
  for (const [name, value] of url.searchParams) {
    const read = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (read === undefined) {
      throw refused(
        `it has the parameter ${JSON.stringify(name.slice(0, 60))}; known are ${URL_PARAMETERS.join(", ")}.`,
      );
    }
    read(value, config);
  }
  const { tls, ...rest } = config;
  return { ...rest, ...secured(tls) };
}

/** As the driver reads it today: whatever asks for encryption also has the certificate checked, but for `no-verify`. */
function secured({ mode, ...files }: Tls): Pick<PostgresConfig, "ssl"> {
  const given = Object.keys(files).length > 0;
  if (mode === "disable") return { ssl: false };
  if (mode === null && !given) return {};
  return { ssl: { ...files, rejectUnauthorized: mode !== "no-verify" } };
}

interface Parsed {
  readonly url: URL;
  readonly hostname: string;
}

/** `postgres:///db?host=/run/postgresql` and `postgres://user@/db` name no host, which a URL with a user has to. */
function parse(address: string): Parsed {
  if (/^postgres(?:ql)?:\/\/[^/?]*,/.test(address)) {
    throw refused("it names several hosts; name one, or the address of a proxy.");
  }
  const hostless = /^(postgres(?:ql)?:\/\/(?:[^/@?]*@)?)(?=[/?]|$)/.exec(address)?.[1];
  try {
    const url = new URL(hostless === undefined ? address : `${hostless}none${address.slice(hostless.length)}`);
    return { url, hostname: hostless === undefined ? url.hostname : "" };
  } catch {
    throw refused("it is no URL: percent-encode what is special in user and password.");
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused("a percent sign in it is not followed by two hexadecimal digits.");
  }
}

/** The address may carry a password, so it is not repeated. */
function refused(why: string): HostFault {
  return new HostFault(
    "STORE_ADDRESS_INVALID",
    `"store" is a postgres:// address that cannot be used: ${why.replace(/\.$/, "")} (docs/delivery.md).`,
    "never",
  );
}
