// What deploy/ ships is read by the programs that it is for, where they are here, and names only what the service has.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { ROUTES } from "../../service/routes/index.ts";
import { settingsSchema } from "../../service/settings.ts";
import { variableOf } from "../../service/variables.ts";

const folder = fileURLToPath(new URL("../../deploy/", import.meta.url));
const textOf = (name: string): string => readFileSync(`${folder}${name}`, "utf8");
const FILES = ["Dockerfile", "compose.yml", "haproxy.cfg", "baton.service"] as const;
const has = (program: string): boolean => spawnSync("which", [program]).status === 0;
const where = (program: string) => (has(program) ? test : test.skip);

where("haproxy")("HAProxy takes its configuration, without a warning", () => {
  const { status, stdout, stderr } = spawnSync("haproxy", ["-c", "-f", `${folder}haproxy.cfg`], { encoding: "utf8" });
  expect([status, `${stdout}${stderr}`.match(/\[(?:ALERT|WARNING)\].*/g)]).toEqual([0, null]);
});

where("systemd-analyze")("systemd takes the unit", () => {
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", `${folder}baton.service`], { encoding: "utf8" });
  // The program that it starts need not be installed here.
  const said = stderr
    .split("\n")
    .filter((line) => line.includes("baton.service") && !/not executable|No such file/.test(line));
  expect([said, said.length === 0 ? 0 : status]).toEqual([[], 0]);
});

describe.each(FILES)("%s", (name) => {
  test("sets nothing that is no setting", () => {
    const known = [...Object.keys(settingsSchema.shape), "config"].map(variableOf);
    const named = textOf(name).match(/\bBATON_[A-Z_]+\b/g) ?? [];
    expect(named.filter((variable) => !known.includes(variable))).toEqual([]);
  });

  test("asks only for paths that are served", () => {
    const paths: readonly string[] = Object.values(ROUTES).map(({ path }) => path);
    const asked = [...textOf(name).matchAll(/(?::8321|GET )(\/\w+)/g)].map(([, path]) => path!);
    expect(asked.filter((path) => !paths.includes(path))).toEqual([]);
  });
});

test("the image runs what the package has, not as root, and is looked at while it does", () => {
  const text = textOf("Dockerfile");
  const [program = "", path = "", ...args] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)![1]!) as string[];
  const { bin } = JSON.parse(readFileSync(`${folder}../package.json`, "utf8")) as { bin: { baton: string } };
  expect([program, path, args]).toEqual(["node", `/app/node_modules/baton-runtime/${bin.baton}`, ["serve"]]);
  const users = [...text.matchAll(/^USER (.*)$/gm)].map(([, user]) => user);
  expect(users).toEqual(["10001"]);
  expect(text).toMatch(/^HEALTHCHECK .*CMD \[/m);
});

test("compose starts the image read-only behind the balancer's own port, with nothing left to guess", () => {
  interface Service {
    readonly image?: string;
    readonly build?: { readonly context: string; readonly dockerfile: string };
    readonly read_only?: boolean;
    readonly security_opt?: readonly string[];
    readonly healthcheck?: { readonly test: readonly string[] };
    readonly volumes?: readonly string[];
    readonly ports?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  }
  const { services } = parse(textOf("compose.yml")) as { services: Record<string, Service> };
  const { baton, haproxy, postgres } = services as { baton: Service; haproxy: Service; postgres: Service };
  expect(existsSync(`${folder}${baton.build!.context}/${baton.build!.dockerfile}`)).toBe(true);
  expect(baton.read_only).toBe(true);
  // Each takes one thing away that would keep bubblewrap from its walls, and the Dockerfile names the same.
  for (const what of ["seccomp", "apparmor", "systempaths"]) {
    expect(baton.security_opt).toContain(`${what}=unconfined`);
    expect(textOf("Dockerfile")).toContain(`--security-opt ${what}=unconfined`);
  }
  // The image's first server, which prepares the folder, hears no TCP.
  expect(postgres.healthcheck!.test).toEqual(expect.arrayContaining(["-h", "127.0.0.1"]));
  for (const name of ["BATON_ADMIN_KEY", "BATON_SECRETS_KEY"]) expect(baton.environment![name]).toBe(`\${${name}:?}`);
  const [source = ""] = haproxy.volumes![0]!.split(":");
  expect(existsSync(`${folder}${source}`)).toBe(true);
  const [, bound] = /bind :(\d+)/.exec(textOf("haproxy.cfg"))!;
  expect(haproxy.ports).toEqual([`${bound}:${bound}`]);
  for (const { image } of [haproxy, postgres]) expect(image).toMatch(/:\d/);
});
