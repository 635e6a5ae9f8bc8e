/**
 * The hosts file, `localhost`, and the domains in which a short name is looked for: what the system's resolver knows beside DNS, and c-ares does not.
 * The files are read anew when they have changed.
 */
import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";

export interface NameFiles {
  /** Addresses that stand in the hosts file, or belong to localhost; null where DNS is to be asked. */
  addressesOf(name: string): Promise<readonly string[] | null>;
  /** The names to ask DNS for, one after the other, as resolv.conf's `search` and `ndots` say. */
  candidates(name: string): Promise<readonly string[]>;
}

export interface NamePaths {
  readonly hosts: string;
  readonly resolv: string;
}

const SYSTEM_PATHS: NamePaths = {
  hosts: process.platform === "win32" ? String.raw`C:\Windows\System32\drivers\etc\hosts` : "/etc/hosts",
  resolv: "/etc/resolv.conf",
};

const LOOPBACK = ["127.0.0.1", "::1"];
/** A look at a file's time of change is not worth more than one a second. */
const LOOK_EVERY_MS = 1_000;
const MAX_DOTS = 15;

export function createNameFiles({ hosts, resolv }: NamePaths = SYSTEM_PATHS): NameFiles {
  const hostsFile = cached(hosts, parseHosts);
  const resolvFile = cached(resolv, parseResolv);
  return {
    async addressesOf(name) {
      const known = (await hostsFile()).get(name);
      if (known !== undefined) return known;
      return name === "localhost" || name.endsWith(".localhost") ? LOOPBACK : null;
    },
    async candidates(name) {
      const { search, ndots } = await resolvFile();
      const within = search.map((domain) => `${name}.${domain}`);
      const dots = name.split(".").length - 1;
      return dots >= ndots ? [name, ...within] : [...within, name];
    },
  };
}

export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.split("#", 1)[0]!.trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map((one) => one.toLowerCase())) {
      const entry = known.get(name) ?? [];
      if (!entry.includes(address)) known.set(name, [...entry, address]);
    }
  }
  return known;
}

export interface ResolvConf {
  readonly search: readonly string[];
  readonly ndots: number;
}

/** Of `search` and `domain` the last counts. */
export function parseResolv(text: string): ResolvConf {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [key, ...words] = line.trim().split(/\s+/);
    const domains = words.map((word) => word.toLowerCase().replace(/\.$/, "")).filter((word) => word !== "");
    if (key === "search") search = domains;
    else if (key === "domain") search = domains.slice(0, 1);
    else if (key === "options") {
      const found = words.findLast((word) => /^ndots:\d{1,3}$/.test(word));
      if (found !== undefined) ndots = Math.min(MAX_DOTS, Number(found.slice("ndots:".length)));
    }
  }
  return { search, ndots };
}

/** A file that is not there reads as an empty one. */
function cached<T>(path: string, parse: (text: string) => T): () => Promise<T> {
  let value: T | undefined;
  let changedAt = -1;
  let lookedAt = -Infinity;
  return async () => {
    if (value !== undefined && performance.now() - lookedAt < LOOK_EVERY_MS) return value;
    lookedAt = performance.now();
    const changed = await stat(path).then(({ mtimeMs }) => mtimeMs, () => 0);
    if (value === undefined || changed !== changedAt) value = parse(await readFile(path, "utf8").catch(() => ""));
    changedAt = changed;
    return value;
  };
} // prettier-ignore
