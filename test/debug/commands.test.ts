// The commands that attach a debugger, as processes: one line that says where, one sentence for what cannot be, nothing left behind.
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { baton, start } from "../cli/baton.ts";
import { Client } from "./client.ts";
import { type Folder, folderOf } from "./debugging.ts";

const ACTION = `export function execute_action(context: any) {\n  const name = context.args.name;\n  return name + "!";\n}\n`;

let folder: Folder;
beforeAll(() => {
  folder = folderOf({
    "greet.ts": ACTION,
    "greet.scenario.json": JSON.stringify([
      { name: "the first", context: { args: { name: "a" } }, expect: { returnValue: "a!" } },
      { name: "the other", context: { args: { name: "b" } }, expect: { returnValue: "b!" } },
    ]),
    "order.py": "def execute_action(context):\n    return 1\n",
  });
});
afterAll(() => folder[Symbol.dispose]());

const started: Started["child"][] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

interface Started {
  readonly child: ReturnType<typeof start>;
  readonly url: Promise<string>;
  readonly status: Promise<number | null>;
  readonly told: { stdout: string; stderr: string };
}

function startInspected(args: readonly string[]): Started {
  const child = start({ args, cwd: folder.path });
  started.push(child);
  const told = { stdout: "", stderr: "" };
  const { promise: url, resolve } = Promise.withResolvers<string>();
  child.stdout.on("data", (chunk: Buffer) => (told.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    told.stderr += chunk.toString();
    const found = /Debugger listening on (ws:\S+)\n/.exec(told.stderr)?.[1];
    if (found !== undefined) resolve(found);
  });
  const status = new Promise<number | null>((settle) => child.on("close", settle));
  return { child, url, status, told };
}

test("baton run --inspect says so in one line, waits, and prints the outcome of the run that was stepped through", async () => {
  const run = startInspected(["run", "greet.ts", "--inspect=0", "--arg", "name=x", "--json"]);
  const client = await Client.attach(await run.url);
  await client.breakAt("greet.ts", 3);
  await client.ready();
  const { frames } = await client.paused();
  expect(await client.evaluate(frames[0]!, "name")).toBe("x");
  await client.resume();
  expect(await run.status).toBe(0);
  expect(JSON.parse(run.told.stdout)).toMatchObject({ status: "returned", returnValue: "x!" });
  const lines = run.told.stderr.split("\n").filter((line) => line.includes("debug engine"));
  expect(lines).toEqual([
    expect.stringMatching(/^The debug engine .* Debugger listening on ws:\/\/127\.0\.0\.1:\d+\//),
  ]);
  await client.closed;
});

test("its port is on loopback alone, and killed with -9 in a pause the command takes the engine along", async () => {
  const run = startInspected(["run", "greet.ts", "--inspect-brk=0", "--arg", "name=x"]);
  const url = new URL(await run.url);
  const client = await Client.attach(url.href);
  await client.ready();
  expect((await client.paused()).frames[0]).toMatchObject({ file: "greet.ts", line: 2 });
  const hexPort = Number(url.port).toString(16).toUpperCase().padStart(4, "0");
  const listening = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .filter((line) => line.includes(`:${hexPort} 00000000:0000 0A`));
  expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hexPort}`]);
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each?.family === "IPv4" && !each.internal);
  for (const each of addresses)
    await expect(Client.attach(url.href.replace("127.0.0.1", each!.address))).rejects.toThrow("nothing listens");
  run.child.kill("SIGKILL");
  await client.closed;
  await run.status;
  await expect(Client.attach(url.href)).rejects.toThrow("nothing listens");
});

test("a port that is taken is one sentence and status 2; so are bad ports and Python", async () => {
  const server: Server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  );
  const taken = await baton({ args: ["run", "greet.ts", `--inspect=${port}`], cwd: folder.path });
  server.close();
  expect(taken.status).toBe(2);
  expect(taken.stderr.split("\n").filter((line) => line.startsWith("baton:"))).toEqual([
    `baton: Port ${port} of 127.0.0.1 cannot be listened on; another debugger may have it. Name another with --inspect=PORT; --inspect=0 takes one that is free.`,
  ]);
  const beyond = await baton({ args: ["run", "greet.ts", "--inspect=0.0.0.0:9229"], cwd: folder.path });
  expect(beyond).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("it listens on loopback and nowhere else"),
  });
  const python = await baton({ args: ["run", "order.py", "--inspect=0"], cwd: folder.path });
  expect(python).toMatchObject({
    status: 2,
    stderr: "baton: --inspect is for actions in TypeScript and JavaScript, which order.py is not.\n",
  });
});

test("baton test --inspect NAME runs the scenarios of that name under the debugger", async () => {
  const run = startInspected(["test", "--inspect=0", "the other"]);
  const client = await Client.attach(await run.url);
  await client.breakAt("greet.ts", 3);
  await client.ready();
  expect(await client.evaluate((await client.paused()).frames[0]!, "name")).toBe("b");
  await client.resume();
  expect(await run.status).toBe(0);
  expect(run.told.stdout).toContain("✓ the other");
  expect(run.told.stdout).not.toContain("the first");
});

test("baton dev --inspect keeps its client over a save, and a breakpoint finds the new text", async () => {
  const run = startInspected(["dev", "greet.ts", "--inspect=0", "--json", "--no-page"]);
  const client = await Client.attach(await run.url);
  await client.scriptOf("greet.ts");
  // What is held when a save comes is ended by it.
  while (run.told.stdout.split('"event":"run"').length < 3) await once(run.child.stdout, "data");
  await client.breakAt("greet.ts", 3);
  writeFileSync(folder.file("greet.ts"), ACTION.replace('"!"', '"?"'));
  // Of both scenarios, in the new text: a breakpoint by URL holds for the script that comes after.
  for (let each = 0; each < 2; each++) {
    const { frames } = await client.paused();
    expect(frames[0]).toMatchObject({ file: "greet.ts", line: 3 });
    await client.resume();
  }
  run.child.kill("SIGTERM");
  expect(await run.status).toBe(0);
  expect(run.told.stdout).toContain('"a?"');
  await client.closed;
});

test("baton replay --inspect stops in the recorded action, and the replay is equal all the same", async () => {
  const record = ["run", "greet.ts", "--arg", "name=x", "--record", "greet.recording.json", "--json"];
  expect((await baton({ args: record, cwd: folder.path })).status).toBe(0);
  const run = startInspected(["replay", "greet.recording.json", "--inspect=0", "--json"]);
  const client = await Client.attach(await run.url);
  await client.breakAt("greet.ts", 3);
  await client.ready();
  expect(await client.evaluate((await client.paused()).frames[0]!, "name")).toBe("x");
  await client.resume();
  expect(await run.status).toBe(0);
  expect(JSON.parse(run.told.stdout)).toMatchObject({ equal: true, divergence: null });
});
