/**
 * Plays deploy/Dockerfile where no container runtime is: each of its steps in an overlay of this machine's own root (Debian 12, as its base image
 * is), and then its entry point as its user, on a root that cannot be written, with no new privileges: `npm run image -- TARBALL [TARBALL…]`.
 * Wants root on Linux. What it does not show: the base image itself, and what a runtime's seccomp profile forbids.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const INSIDE = "BATON_REHEARSAL";
const HIDDEN = ["work", "home", "mnt", "media", "srv"];
const PORT = 8321;

interface Stage {
  readonly name: string;
  readonly path: string;
}

interface Image {
  readonly stage: Stage;
  readonly env: Readonly<Record<string, string>>;
  readonly user: number;
  readonly folder: string;
  readonly volume: string;
  readonly entry: readonly string[];
  readonly health: readonly string[];
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"], env });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}.`);
}

/** Instructions with their arguments; lines that go on are one. */
function instructions(): [string, string][] {
  const text = readFileSync(join(root, "deploy/Dockerfile"), "utf8")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return [name.toUpperCase(), rest];
    });
}

function openStage(base: string, name: string, tarballs: readonly string[]): Stage {
  const [upper, work, path] = ["upper", "work", "root"].map((part) => join(base, name, part)) as [
    string,
    string,
    string,
  ];
  for (const folder of [upper, work, path]) mkdirSync(folder, { recursive: true });
  run("mount", ["-t", "overlay", "overlay", "-o", `lowerdir=/,upperdir=${upper},workdir=${work}`, path]);
  for (const hidden of HIDDEN) {
    if (existsSync(join(path, hidden))) run("mount", ["-t", "tmpfs", "none", join(path, hidden)]);
  }
  run("mount", ["-t", "proc", "proc", join(path, "proc")]);
  run("mount", ["--rbind", "/dev", join(path, "dev")]);
  copyFileSync(process.execPath, join(path, "usr/local/bin/node"));
  for (const tarball of tarballs) copyFileSync(tarball, join(path, basename(tarball)));
  return { name, path };
}

function build(base: string, tarballs: readonly string[]): Image {
  const stages: Stage[] = [];
  const env: Record<string, string> = {};
  const args: Record<string, string> = {};
  const image = { user: 0, folder: "/", volume: "", entry: [] as string[], health: [] as string[] };
  const stageOf = (): Stage => stages.at(-1)!;
  for (const [name, text] of instructions()) {
    process.stdout.write(`${name} ${text}\n`);
    if (name === "FROM") {
      stages.push(openStage(base, / AS (\w+)$/i.exec(text)?.[1] ?? "last", tarballs));
      image.folder = "/";
    } else if (name === "WORKDIR") {
      image.folder = text;
      mkdirSync(join(stageOf().path, text), { recursive: true });
    } else if (name === "ARG") {
      // More than one package is installed as one: the data of Python beside the runtime.
      const files = tarballs.map((tarball) => `file:/${basename(tarball)}`);
      args[text.split("=")[0]!] = files.join(" ");
    } else if (name === "RUN") {
      const command = `cd ${image.folder} && ${text}`;
      run("chroot", [stageOf().path, "/bin/sh", "-ec", command], { ...process.env, ...args, ...env });
    } else if (name === "COPY") {
      const [, from = "", source = "", target = ""] = /^--from=(\w+) (\S+) (\S+)$/.exec(text) ?? [];
      const origin = stages.find((stage) => stage.name === from)!;
      run("cp", ["-a", join(origin.path, source), join(stageOf().path, target)]);
    } else if (name === "ENV") {
      for (const [, key, value] of text.matchAll(/(\w+)=(\S+)/g)) env[key!] = value!;
    } else if (name === "USER") image.user = Number(text);
    else if (name === "VOLUME") image.volume = text;
    else if (name === "ENTRYPOINT") image.entry = JSON.parse(text) as string[];
    else if (name === "HEALTHCHECK") image.health = JSON.parse(text.slice(text.indexOf("["))) as string[];
    else if (name !== "EXPOSE" && name !== "STOPSIGNAL") throw new Error(`The step ${name} is not known here.`);
  }
  return { ...image, stage: stageOf(), env };
}

/** As a runtime starts it: another root, which cannot be written, and no way to more rights. A root by chroot could make no namespaces. */
function start(image: Image, data: string, command: readonly string[]): ChildProcess {
  const { stage, env, user, folder, volume } = image;
  const script = [
    `mount --rbind ${stage.path} ${stage.path}`,
    `cd ${stage.path}`,
    `mount -t tmpfs tmpfs tmp`,
    `mount --bind ${data} .${volume}`,
    `mount -o remount,bind,ro .`,
    `/usr/sbin/pivot_root . .`,
    `umount -l .`,
    `cd ${folder}`,
    `exec setpriv --reuid ${user} --regid ${user} --clear-groups --no-new-privs --bounding-set -all "$@"`,
  ].join("\n");
  const own = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: volume, BATON_PORT: String(PORT), ...env };
  return spawn("unshare", ["--mount", "--propagation", "private", "sh", "-ec", script, "sh", ...command], {
    env: own,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once("exit", resolve));

async function keyOf(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout!) {
    process.stdout.write(String(chunk));
    text += String(chunk);
    const key = /shown this once: (\S+)/.exec(text)?.[1];
    if (key !== undefined && / serves on /.test(text)) return key;
  }
  throw new Error("It ended before it served.");
}

async function tryOut(image: Image, base: string): Promise<void> {
  const data = join(base, "data");
  run("cp", ["-a", join(image.stage.path, image.volume), data]);
  chownSync(data, image.user, image.user);
  const child = start(image, data, image.entry);
  const over = ended(child);
  const key = await keyOf(child);
  child.stdout!.resume();
  const ask = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${PORT}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const health = await ended(start(image, data, image.health));
  const source = "export function execute_action(c) { hand_off_conversation(c, 'why'); return c.args; }";
  await ask("PUT", "/v1/tenants/acme", {});
  await ask("POST", "/v1/tenants/acme/deployments", { actions: { echo: { source } } });
  const context = { conversation: { id: "c1", latestChannel: "chat" }, args: { n: 1 } };
  const { outcome } = await ask("POST", "/v1/tenants/acme/actions/echo/executions", { context });
  const { nodes } = await ask("GET", "/v1/nodes");
  const [{ walls }] = nodes as [{ walls: { standing: string[]; missing: string[] } }];
  child.kill("SIGTERM");
  const status = await over;
  const ran = (outcome as { status: string }).status;
  process.stdout.write(
    `health check ${health}, execution ${ran}, end ${status}\nwalls: ${walls.standing.join(", ")}\nmissing: ${walls.missing.join(", ") || "none"}\n`,
  );
  if (health !== 0 || ran !== "returned" || status !== 0) throw new Error("The image does not hold what it says.");
}

if (process.env[INSIDE] === undefined) {
  const args = ["--mount", "--propagation", "private", process.execPath, "--no-warnings", ...process.argv.slice(1)];
  const { status } = spawnSync("unshare", args, { stdio: "inherit", env: { ...process.env, [INSIDE]: "1" } });
  process.exitCode = status ?? 1;
} else {
  const base = mkdtempSync(join(tmpdir(), "baton-image-"));
  run("mount", ["-t", "tmpfs", "tmpfs", base]);
  try {
    await tryOut(build(base, process.argv.slice(2)), base);
  } finally {
    run("umount", ["-R", "-l", base]);
    rmSync(base, { recursive: true, force: true });
  }
}
