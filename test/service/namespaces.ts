/**
 * A small network for a test: each host in a network namespace of its own, on one bridge, where the machine allows it (root on Linux). A host
 * that is cut off hears nothing and is told nothing, in either direction, as with a cable that was pulled out.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

export interface Network {
  /** This process's own address in it. */
  readonly gateway: string;
  readonly hosts: readonly NetworkHost[];
  close(): void;
}

export interface NetworkHost {
  readonly address: string;
  /** What a command line begins with to be run there. It stays the process that was spawned. */
  readonly enter: readonly [string, ...string[]];
  cut(isCut: boolean): void;
}

const PREFIX = "batontest";
const run = (...args: readonly string[]): boolean =>
  spawnSync(args[0]!, args.slice(1), { stdio: "ignore" }).status === 0;

function must(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(args[0]!, args.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr || String(error)}`);
}

/** Null where the machine allows no namespaces, or keeps them apart. */
export function openNetwork(size: number): Network | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  sweep();
  const own = `${PREFIX}${process.pid}`;
  const nameOf = (at: number): string => `${own}-${at}`;
  const bridge = `btn${process.pid}`;
  const cable = (at: number): string => `bt${process.pid}-${at}`;
  const net = `10.213.${process.pid % 250}`;
  const addressOf = (at: number): string => `${net}.${at + 10}`;
  const close = (): void => {
    for (let at = 0; at < size; at += 1) run("ip", "netns", "del", nameOf(at));
    run("ip", "link", "del", bridge);
  };
  try {
    must("ip", "link", "add", bridge, "type", "bridge");
    must("ip", "addr", "add", `${net}.1/24`, "dev", bridge);
    must("ip", "link", "set", bridge, "up");
    for (let at = 0; at < size; at += 1) {
      must("ip", "netns", "add", nameOf(at));
      must("ip", "link", "add", cable(at), "type", "veth", "peer", "name", "eth0", "netns", nameOf(at));
      must("ip", "link", "set", cable(at), "master", bridge, "up");
      must("ip", "-n", nameOf(at), "link", "set", "lo", "up");
      must("ip", "-n", nameOf(at), "addr", "add", `${addressOf(at)}/24`, "dev", "eth0");
      must("ip", "-n", nameOf(at), "link", "set", "eth0", "up");
    }
    if (!reaches(nameOf(0), addressOf(1))) throw new Error("The namespaces do not reach each other.");
  } catch (error) {
    close();
    process.stderr.write(`no network namespaces here: ${(error as Error).message}\n`);
    return null;
  }
  const hosts = Array.from({ length: size }, (_, at): NetworkHost => ({
    address: addressOf(at),
    enter: ["nsenter", `--net=/run/netns/${nameOf(at)}`, "--"],
    // The far end keeps its carrier: what is sent goes into the cable and comes out nowhere.
    cut: (isCut) => must("ip", "link", "set", cable(at), ...(isCut ? ["nomaster"] : ["master", bridge])),
  }));
  return { gateway: `${net}.1`, hosts, close };
}

/** A refused connection has been there and back; a firewall between bridged hosts lets it wait. */
function reaches(from: string, to: string): boolean {
  const probe = `exec 3<>/dev/tcp/${to}/9`;
  const { stderr } = spawnSync("nsenter", [`--net=/run/netns/${from}`, "--", "timeout", "5", "bash", "-c", probe], {
    encoding: "utf8",
  });
  return /refused/i.test(stderr);
}

/** What a test left that was killed before it could take it down. */
function sweep(): void {
  const left = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const gone = new Set(
    left.flatMap((name) => {
      const [, pid] = new RegExp(`^${PREFIX}(\\d+)-\\d+$`).exec(name) ?? [];
      return pid === undefined || existsSync(`/proc/${pid}`) ? [] : [pid];
    }),
  );
  for (const pid of gone) {
    for (const name of left.filter((one) => one.startsWith(`${PREFIX}${pid}-`))) run("ip", "netns", "del", name);
    run("ip", "link", "del", `btn${pid}`);
  }
}
