/** What an author tries in the first morning: runs without a context, recordings, new actions, schemas, other formats, an old Node. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { MAIN, ROOT, baton, batonAll, outcomeOf, start, tempFolder } from "./baton.ts";

const ECHO = "export const execute_action = (context) => [context.args, context.conversation?.latestChannel ?? null];";

describe("baton run", () => {
  test("takes the context beside the action, or a sample, and arguments from flags", async () => {
    using folder = tempFolder({
      "a.js": ECHO,
      "b.js": ECHO,
      "b.context.json": JSON.stringify({ args: { kept: 1, id: 2 }, conversation: { id: "c", latestChannel: "email" } }),
    });
    const cwd = folder.path;
    const results = await batonAll({
      sample: { args: ["run", "a.js", "--json"], cwd },
      beside: { args: ["run", "b.js", "--json"], cwd },
      args: {
        args: [
          "run",
          "b.js",
          "--json",
          "--args",
          `{"id": "x", "n": [1]}`,
          "--arg",
          "id=A-1",
          "--arg",
          "count=3",
          "--arg",
          "text=a=b",
        ],
        cwd,
      },
      phone: { args: ["run", "a.js", "--json", "--channel", "phone"], cwd },
    });
    expect(outcomeOf(results.sample).returnValue).toEqual([{ orderId: "A-1001" }, "chat"]);
    expect(results.sample.stderr).toContain("a sample");
    expect(outcomeOf(results.beside).returnValue).toEqual([{ kept: 1, id: 2 }, "email"]);
    expect(outcomeOf(results.args).returnValue).toEqual([
      { kept: 1, id: "A-1", n: [1], count: 3, text: "a=b" },
      "email",
    ]);
    expect(outcomeOf(results.phone).returnValue).toEqual([{ orderId: "A-1001" }, "phone"]);
  }, 240_000);

  test.each([
    [["--channel", "Phone"], "did you mean phone?"],
    [["--channel", "fone"], "did you mean phone?"],
    [["--args", "[1]"], "--args needs an object"],
    [["--args", "{"], "--args is not JSON: line 1, column 2"],
    [["--arg", "id"], "--arg needs a key and a value"],
    [["--record", "a.yaml"], ".scenario.yaml"],
    [["--record", "none/a.scenario.yaml"], "there is no folder"],
  ])(
    "%j is refused with a sentence",
    async (flags, words) => {
      using folder = tempFolder({ "a.js": ECHO });
      const { status, stderr, stdout } = await baton({ args: ["run", "a.js", ...flags], cwd: folder.path });
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(words);
    },
    240_000,
  );

  test("records a run as a scenario that passes without the network, secrets left out", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ id: 7, echo: request.headers.authorization, $regex: "x" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    using folder = tempFolder({
      "a.js": `export async function execute_action({ args }) {
        const response = await fetch("http://127.0.0.1:${port}/orders/" + args.orderId, {
          method: "POST", body: JSON.stringify({ id: args.orderId, at: Date.now(), nonce: crypto.randomUUID() }),
          headers: { authorization: "Bearer " + secrets.SHOP_TOKEN },
        });
        return { ...(await response.json()), year: new Date().getFullYear() };
      }`,
      "some.env": "SHOP_TOKEN=tok_live_12345678\n",
      "baton.config.json": JSON.stringify({
        egress: { hosts: ["127.0.0.1"], http: true, private: [`127.0.0.1:${port}`] },
        secrets: { SHOP_TOKEN: { hosts: [`127.0.0.1:${port}`] } },
      }),
    });
    const cwd = folder.path;
    const args = ["run", "a.js", "--secrets", "some.env", "--record", "a.live.scenario.yaml", "--json"];
    const ran = await baton({ args, cwd }).finally(() => server.close());
    expect(outcomeOf(ran)).toMatchObject({ status: "returned", returnValue: { id: 7 } });
    expect(seen).toEqual([`POST /orders/A-1001 Bearer tok_live_12345678`]);
    const text = readFileSync(join(cwd, "a.live.scenario.yaml"), "utf8");
    expect(text).not.toContain("tok_live_12345678");
    expect(text).toContain("POST");
    const again = await batonAll({ test: { args: ["test", "--json"], cwd }, record: { args, cwd } });
    expect(JSON.parse(again.test.stdout)).toMatchObject({ passed: 1, failed: 0 });
    // A recording never takes the place of a file.
    expect(again.record.stdout).toContain("FILE_UNWRITABLE");
  }, 240_000);
});

test("baton new writes an action whose scenarios pass, and touches nothing that is there", async () => {
  using folder = tempFolder();
  const cwd = folder.path;
  mkdirSync(join(cwd, "actions"));
  expect(await baton({ args: ["new", "refund"], cwd })).toMatchObject({ status: 0 });
  const results = await batonAll({
    js: { args: ["new", "billing/refund", "--js", "--json"], cwd },
    again: { args: ["new", "refund"], cwd },
    bad: { args: ["new", "../refund"], cwd },
  });
  expect(JSON.parse(results.js.stdout)).toEqual({
    written: ["actions/billing/refund.js", "actions/billing/refund.scenario.yaml"],
  });
  expect(results.again.status).toBe(2);
  expect(results.bad.status).toBe(2);
  expect(await baton({ args: ["test"], cwd })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("4 passed"),
  });
}, 240_000);

test("files between the folders of actions can share code where the configuration names a root", async () => {
  using folder = tempFolder({
    "baton.config.json": JSON.stringify({ root: "." }),
    "shared.ts": "export const shared = 'ours';",
  });
  const cwd = folder.path;
  for (const name of ["one", "two"]) {
    mkdirSync(join(cwd, name));
    writeFileSync(
      join(cwd, name, "a.ts"),
      `import { shared } from "../shared.ts";\nexport const execute_action = () => shared;`,
    );
  }
  const results = await batonAll({
    one: { args: ["run", "one/a.ts", "--json"], cwd },
    matrix: { args: ["matrix", ".", "--channels", "chat", "--environments", "test", "--json"], cwd },
    check: { args: ["check", "--json", "--skip-types"], cwd },
  });
  expect(outcomeOf(results.one).returnValue).toBe("ours");
  const { actions } = JSON.parse(results.matrix.stdout) as { actions: { action: string; ok: boolean }[] };
  expect(actions.map(({ action, ok }) => [action, ok])).toEqual([
    ["one/a.ts", true],
    ["two/a.ts", true],
  ]);
  expect(JSON.parse(results.check.stdout)).toMatchObject({ ok: true });
}, 240_000);

test("baton check writes lines, annotations and SARIF", async () => {
  using folder = tempFolder({
    "a.js": `export const execute_action = (context) => hand_off_conversation(context, "r", "555: 1,2%");\n`,
  });
  const cwd = folder.path;
  const results = await batonAll({
    line: { args: ["check", "--format", "line"], cwd },
    github: { args: ["check", "--format", "github"], cwd },
    sarif: { args: ["check", "--format", "sarif"], cwd },
    wrong: { args: ["check", "--format", "sarf"], cwd },
  });
  expect(results.line.stdout).toMatch(/^a\.js:1:\d+: PHONE_NOT_E164: .+\n$/);
  expect(results.github.stdout).toMatch(/^::error file=a\.js,line=1,col=\d+,title=PHONE_NOT_E164::.*%25.*\n$/);
  const { version, runs } = JSON.parse(results.sarif.stdout) as { version: string; runs: { results: object[] }[] };
  expect(version).toBe("2.1.0");
  expect(runs[0]!.results).toMatchObject([
    {
      ruleId: "PHONE_NOT_E164",
      locations: [{ physicalLocation: { artifactLocation: { uri: "a.js" }, region: { startLine: 1 } } }],
    },
  ]);
  expect(results.wrong.stderr).toContain("did you mean sarif?");
  expect([results.line.status, results.github.status, results.sarif.status, results.wrong.status]).toEqual([
    1, 1, 1, 2,
  ]);
}, 240_000);

test("baton init writes JSON Schemas that its own files keep to, and that find mistakes", async () => {
  using folder = tempFolder();
  const cwd = folder.path;
  await baton({ args: ["init"], cwd });
  const read = (name: string): unknown => JSON.parse(readFileSync(join(cwd, name), "utf8"));
  const schema = (name: string) =>
    z.fromJSONSchema(read(`schemas/${name}.schema.json`) as Parameters<typeof z.fromJSONSchema>[0]);
  expect(schema("context").safeParse(read("contexts/phone.json")).success).toBe(true);
  expect(schema("scenario").safeParse(read("actions/order-status.scenario.json")).success).toBe(true);
  expect(schema("config").safeParse(read("baton.config.json")).success).toBe(true);
  expect(schema("config").safeParse({ egres: {} }).success).toBe(false);
  expect(schema("scenario").safeParse({ expct: {} }).success).toBe(false);
  expect(readFileSync(join(cwd, ".gitignore"), "utf8")).toContain(".baton.env");
}, 240_000);

test("scenarios in TypeScript are read in a package of whatever type", async () => {
  for (const type of ["commonjs", "module", undefined]) {
    using folder = tempFolder({
      "package.json": JSON.stringify({ name: "x", type }),
      "a.js": ECHO.replace("export const execute_action", "exports.execute_action"),
      "hours.ts": `export const ids: string[] = ["A", "B"];`,
      "a.scenario.ts": `import { ids } from "./hours.ts";\nexport default ids.map((id) => ({ name: id, args: { id }, expect: { returnValue: [{ id }, "chat"] } }));`,
    });
    const { status, stdout, stderr } = await baton({ args: ["test", "a.scenario.ts"], cwd: folder.path });
    expect({ type, status, stdout, stderr }).toMatchObject({ status: 0, stdout: expect.stringContaining("2 passed") });
  }
}, 240_000);

test("all mistakes of a scenario file are told at once, each by its scenario", async () => {
  using folder = tempFolder({
    "a.js": ECHO,
    "a.scenario.json": JSON.stringify([
      { name: "first", expct: {} },
      { name: "second", channel: "fone", now: "today" },
    ]),
  });
  const { status, stdout } = await baton({ args: ["test"], cwd: folder.path });
  expect(status).toBe(2);
  for (const words of [
    "3 mistakes",
    "scenario 1 (first): there is no key expct: did you mean expect?",
    "scenario 2 (second): channel",
    "scenario 2 (second): now",
  ]) {
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(words);
  }
}, 240_000);

test("an import of this package's globals is told to be needless", async () => {
  using folder = tempFolder({
    "a.ts": `import { hand_off_conversation } from "baton-runtime";\nexport const execute_action = (context: any) => hand_off_conversation(context);`,
  });
  const { stderr, status } = await baton({ args: ["run", "a.ts"], cwd: folder.path });
  expect(status).toBe(2);
  expect(stderr).toContain("globals, so use them without an import");
}, 240_000);

test("baton test --watch runs again on a save", async () => {
  using folder = tempFolder({
    "a.js": "export const execute_action = () => 1;",
    "a.scenario.yaml": "expect: { returnValue: 1 }\n",
  });
  const child = start({ args: ["test", folder.path, "--watch"] });
  let said = "";
  const heard = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => (said.includes(words) ? resolve() : undefined);
      child.stdout.on("data", look);
      child.once("close", () => reject(new Error(`it ended: ${said}`)));
      look();
    });
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await heard("1 passed");
  writeFileSync(join(folder.path, "a.js"), "export const execute_action = () => 2;");
  await heard("1 failed");
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGINT");
  expect(await ended).toBe(0);
}, 240_000);

/** A Node on the path that is older than what is needed; the repository's own comes first there. */
function oldNode(): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "node");
    if (folder.startsWith(ROOT) || !existsSync(path)) continue;
    const version = execFileSync(path, ["--version"], { encoding: "utf8" });
    if (Number.parseInt(version.slice(1), 10) < 24) return path;
  }
  return null;
}

const node = oldNode();
(node === null ? test.skip : test)(
  "every command says in one sentence that a newer Node is needed",
  async () => {
    for (const args of [[], ["run", "a.ts"], ["doctor"], ["init"], ["--version"], ["run", "a.ts", "--json"]]) {
      const child = spawn(node!, [MAIN, ...args], { cwd: ROOT, stdio: "pipe" });
      let [out, err] = ["", ""];
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
      const status = await new Promise((resolve) => child.once("close", resolve));
      const said = args.includes("--json") ? (JSON.parse(out) as { error: { message: string } }).error.message : err;
      expect({ args, status, said }).toEqual({
        args,
        status: 2,
        said: expect.stringMatching(/Node 24 or 26 is needed, and this is Node 2\d\./),
      });
      expect(said.trimEnd().split("\n")).toHaveLength(1);
    }
  },
  240_000,
);

test("both names of the command are in the package", () => {
  const { bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { bin: Record<string, string> };
  expect(Object.keys(bin)).toEqual(["baton", "baton-runtime"]);
});
