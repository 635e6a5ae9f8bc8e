/**
 * Nothing that an action, its source, its result, its packages or a server can send makes the host's event loop stand still. Each text that the
 * host reads is tried at its full size, in the shapes that make readers slow.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type InvocationInput,
  type Outcome,
  type Recording,
  type Runtime,
  createRuntime,
} from "../../../runtime/index.ts";
import { chat } from "../harness.ts";
import { PATHS, type HostileServer, hostileServer } from "./hostile-server.ts";
import { leastOf } from "./meter.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const TRIES = 10;
/** Of a whole test, on a busy machine. */
const PATIENCE_MS = 120_000;
const SOURCE = 1024 * 1024 - 400;
const RESULT = 250_000;
/** What the beginnings of all of these tokens have in common. */
const TOKEN_HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";

const fill = (unit: string, bytes = SOURCE): string => unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));
const action = (body: string): string => `export async function execute_action(c) { ${body} }`;
/** Has the run answered by the host of every secret, so that what it makes is looked through for them. */
const answered = (body: string): string => action(`await (await fetch(c.args.url + "/ok")).text(); ${body}`);
const NEVER = action("await new Promise(() => {})");
const SOON = { limits: { wallMs: 400 } };

type Case = readonly [source: string, more?: Partial<InvocationInput>];

const SOURCES: Readonly<Record<string, Case>> = {
  "white space before a name": [`${NEVER}\nvar q = function${" ".repeat(SOURCE - 200)}z(){}`, SOON],
  "exports that never close": [`throw 1;${fill("export {", SOURCE - 20)}`],
  "empty comments": [`${fill("//\n", SOURCE - 100)}\n${NEVER}`, SOON],
  "empty lines": [fill("\n", SOURCE - 100) + NEVER, SOON],
  "a name that is long": [action(`throw new Error(${fill("é", SOURCE / 2)})`)],
  "a script of 5 MB": [action(`const a = [${fill("1,", SOURCE - 200)}]; throw new Error("x")`)],
  "a map of many marks": [`var x = 0;${fill("x++;\n", SOURCE - 200)}${action('throw new Error("x")')}`],
  "a line of many marks": [`var x = 0;${fill("x++;", SOURCE - 200)}${action('throw new Error("x")')}`],
  "control characters": [`/*${fill("\u0001", SOURCE - 100)}*/${action('throw new Error("x")')}`],
  "brackets that never close": [fill("(")],
  "many mistakes": [fill("let a; let a;\n")],
  "many imports": [fill('import "./a.ts";\n')],
};

const STACKS: Readonly<Record<string, string>> = {
  "places of eval": `("    at " + "(eval at ".repeat(100) + "baton:action:1:1)\\n").repeat(8)`,
  "words of async": `("    at " + "async ".repeat(150) + "\\n").repeat(8)`,
  "white space": `" ".repeat(7900)`,
  numbers: `("    at " + "1:".repeat(400) + "\\n").repeat(9)`,
  brackets: `("    at a (" + "(".repeat(800) + "\\n").repeat(9)`,
  "frames of the action": `"    at execute_action (baton:action:1:30)\\n".repeat(180)`,
};

const RESULTS: Readonly<Record<string, string>> = {
  keys: `Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => ["k" + i, 1]))`,
  "short keys": `Object.fromEntries(Array.from({ length: 24_000 }, (_, i) => [i.toString(36) + "x", 1]))`,
  "objects of a shape of their own": `Array.from({ length: 14_000 }, (_, i) => ({ ["k" + i]: 1 }))`,
  indices: `Object.fromEntries(Array.from({ length: 18_000 }, (_, i) => [i * 997, 1]))`,
  texts: `Array.from({ length: 24_000 }, (_, i) => "k" + i)`,
  "small numbers": `Array.from({ length: 120_000 }, () => 1)`,
  "long numbers": `Array.from({ length: 10_000 }, () => 1.2345678901234567e-300)`,
  "numbers written otherwise": `Array.from({ length: 60_000 }, () => JSON.rawJSON("1e0"))`,
  "numbers of sixteen digits": `Array.from({ length: 13_000 }, (_, i) => JSON.rawJSON("1000000000000000." + (i % 2) * 5))`,
  "one number of many zeros": `JSON.rawJSON("0." + "0".repeat(240_000) + "e-0")`,
  "line ends behind a position": `"baton:action:0:0" + "\\n".repeat(120_000)`,
  "frames that lead nowhere": `"baton:action:0:0" + "\\n at <anonymous>".repeat(14_000)`,
  positions: `Array.from({ length: 11_000 }, (_, i) => "baton:action:" + i + ":1").join(" ")`,
  "empty lists": `Array.from({ length: 80_000 }, () => [])`,
  "lists in lists": `Array.from({ length: 100 }, () => { let a = []; for (let i = 0; i < 990; i++) a = [a]; return a })`,
  "a text of escapes": `"\\u0001".repeat(${Math.floor(RESULT / 6)})`,
  "a text of signs": `"%".repeat(${RESULT})`,
  "beginnings of secrets": `"${TOKEN_HEAD}".repeat(${Math.floor(RESULT / TOKEN_HEAD.length)})`,
  "empty lists beside a position": `[..."x".repeat(80_000)].map((_, i) => i === 0 ? "baton:action:1:1" : [])`,
};

const LOGS: Readonly<Record<string, string>> = {
  "beginnings of secrets": `for (let i = 0; i < 1000; i++) console.log("${TOKEN_HEAD}".repeat(7))`,
  "lines past the limit": `for (let i = 0; i < 3000; i++) { console.log("x"); console.warn("x".repeat(80)) }`,
  "control characters": `for (let i = 0; i < 1000; i++) console.log("\\u202e".repeat(170))`,
  "line ends behind a position": `for (let i = 0; i < 25; i++) console.log("baton:action:0:0" + "\\n".repeat(9_000))`,
  "long lines": `for (let i = 0; i < 100; i++) console.log("é%\\\\u0041&amp;".repeat(500))`,
};

const REQUESTS: Readonly<Record<string, string>> = {
  "addresses that go up": `for (let i = 0; i < 20; i++) try { await fetch(c.args.url + "/" + "%41/../".repeat(1100)) } catch {}`,
  "hosts of many labels": `for (let i = 0; i < 20; i++) try { await fetch("http://" + "a.".repeat(3900) + "/") } catch {}`,
  "hosts of another script": `for (let i = 0; i < 20; i++) try { await fetch("http://" + "é.".repeat(3000) + "/") } catch {}`,
  "hundreds of headers": `const h = new Headers(); for (let i = 0; i < 900; i++) h.append("a" + i, "b"); for (let i = 0; i < 2; i++) try { await (await fetch(c.args.url + "/ok", { headers: h })).text() } catch {}`,
  "a body": `for (let i = 0; i < 10; i++) try { await (await fetch(c.args.url + "/ok", { method: "POST", body: "secret.".repeat(140_000) })).text() } catch {}`,
  "hundreds of requests at once": `await Promise.allSettled(Array.from({ length: 200 }, async () => (await fetch(c.args.url + "/ok?" + "a=b&".repeat(500))).text()))`,
  "answers in chunks of a byte, several at once": `await Promise.allSettled(Array.from({ length: 6 }, async () => (await fetch(c.args.url + "/tiny")).text()))`,
  reasons: `for (let i = 0; i < 50; i++) try { await hand_off_conversation(c, "${TOKEN_HEAD}".repeat(3_000)) } catch {}`,
};

const CONTEXT = 1_000_000;
const named = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 1]));
const messages = (of: () => object): object => ({ messages: Array.from({ length: 18_000 }, of) });
const said = { sender: "customer", content: "a", timestamp: "2026-01-01" };

/** Strangers wrote what stands in a context: their messages, and what a model made of them. */
const CONTEXTS: Readonly<Record<string, () => { readonly context: object; readonly more?: Partial<InvocationInput> }>> =
  {
    "members of one object": () => ({ context: { args: named(60_000) } }),
    "members, compared with an earlier run's": () => ({
      context: { args: named(60_000) },
      more: { executionId: "asked again" },
    }),
    "members, held to a schema": () => ({
      context: { args: named(60_000) },
      more: { argsSchema: { type: "object", additionalProperties: { type: "number" } } },
    }),
    "members that no schema knows": () => ({
      context: { ...named(20_000), customer: named(20_000), business: { ...named(20_000), name: 1 }, args: {} },
    }),
    "a member of a prototype's name": () => ({
      context: { args: JSON.parse(`{"__proto__":1,${JSON.stringify(named(60_000)).slice(1)}`) as object },
    }),
    "members of a call": () => ({
      context: { conversation: { id: "c", call: { id: "x", ...named(60_000) } }, args: {} },
    }),
    "objects of a shape of their own": () => ({
      context: { args: { list: Array.from({ length: 60_000 }, (_, at) => ({ [`k${at}`]: 1 })) } },
    }),
    "empty lists": () => ({ context: { args: { list: Array.from({ length: 330_000 }, () => []) } } }),
    numbers: () => ({ context: { args: { list: Array.from({ length: 500_000 }, () => 1) } } }),
    "lists in lists": () => ({
      context: {
        args: { list: Array.from({ length: 500 }, () => JSON.parse("[".repeat(990) + "]".repeat(990)) as object) },
      },
    }),
    "lists in too many lists": () => ({
      context: { args: { list: JSON.parse("[".repeat(400_000) + "]".repeat(400_000)) as object } },
    }),
    messages: () => ({ context: { conversation: { id: "c", ...messages(() => said) }, args: {} } }),
    "messages that are wrong": () => ({
      context: { conversation: { id: "c", ...messages(() => ({ sender: 1, content: 2 })) }, args: {} },
    }),
    "times that are long": () => ({
      context: { conversation: { id: "c", messages: [{ timestamp: "(".repeat(CONTEXT) }] }, args: {} },
    }),
    "a text of escapes": () => ({ context: { args: { text: "\u0001".repeat(CONTEXT / 6) } } }),
    "a text of quotes": () => ({ context: { args: { text: '"'.repeat(CONTEXT / 2) } } }),
    "four times what it may have": () => ({ context: { args: { list: Array.from({ length: 2_000_000 }, () => 1) } } }),
    "a text of a hundred times what it may have": () => ({ context: { args: { text: "é".repeat(50 * CONTEXT) } } }),
  };

const RECORDED: Readonly<Record<string, () => object>> = {
  members: () => named(60_000),
  "texts that are the same": () => ({ list: Array.from({ length: 100_000 }, () => "a text") }),
  "texts of their own": () => ({ list: Array.from({ length: 90_000 }, (_, at) => `t${at}`) }),
  "numbers of their own": () => ({ list: Array.from({ length: 30_000 }, (_, at) => ({ id: 1_234_500 + at })) }),
  "a long text": () => ({ text: "a b ".repeat(CONTEXT / 4) }),
};

/** What stands beside a context comes from those who write actions, too. */
const BESIDE: Readonly<Record<string, () => Partial<InvocationInput>>> = {
  "a hundred thousand secrets": () => ({
    secrets: Object.fromEntries(
      Array.from({ length: 100_000 }, (_, at) => [`S${at}`, { value: "12345", hosts: ["a.example"] }]),
    ),
  }),
  "a secret of many hosts": () => ({
    secrets: { S: { value: "12345", hosts: Array.from({ length: 100_000 }, (_, at) => `h${at}.example`) } },
  }),
  "a schema of many members": () => ({ argsSchema: named(60_000) }),
  "a schema of many properties": () => ({
    argsSchema: { type: "object", properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [at, {}])) },
  }),
  "limits that are none": () => ({ limits: named(60_000) }),
  "members that are none": () => named(60_000),
  "many packages": () => ({
    action: { source: NEVER, packages: Array.from({ length: 100_000 }, (_, at) => `p${at}`) },
  }),
};

jest.setTimeout(PATIENCE_MS);

const keep = mkdtempSync(join(tmpdir(), "baton-loop-"));
let server: HostileServer;
let runtime: Runtime;
let hook: () => void = () => {};

/** Twenty that begin alike, and eighty that have nothing in common. */
function secrets(): NonNullable<InvocationInput["secrets"]> {
  const alike = Array.from({ length: 20 }, (_, at) => `${TOKEN_HEAD}${Buffer.from(`{"sub":"${at}"}`).toString("base64url")}.sig${at}`);
  const others = Array.from({ length: 80 }, (_, at) => `${at}-${"abcdefghijklmnop".repeat(2)}-${at * 7919}`);
  return Object.fromEntries([...alike, ...others].map((value, at) => [`S${at}`, { value, hosts: [server.place] }]));
} // prettier-ignore

function run([source, more = {}]: Case): Promise<Outcome> {
  const url = `http://${server.place}`;
  return runtime.execute({ action: { source }, context: chat({ args: { url } }), secrets: secrets(), ...more });
}

async function expectNoDelay(one: Case | (() => Promise<Outcome>)): Promise<Outcome> {
  const { result, longestMs, mostMs } = await leastOf(TRIES, typeof one === "function" ? one : () => run(one));
  const told = `${longestMs} ms in one turn, ${mostMs} at most`;
  expect(longestMs <= mostMs ? "short" : told).toBe("short");
  return result;
}

function packages(): string {
  const folder = join(keep, "node_modules", "huge");
  mkdirSync(folder, { recursive: true });
  const conditions = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`./${at}/*`, `./${at}/*.js`]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "huge", version: "1.0.0", type: "module", exports: { ".": "./index.js", ...conditions } })); // prettier-ignore
  const files = Array.from({ length: 1_500 }, (_, at) => `f${at}.js`);
  for (const file of files) writeFileSync(join(folder, file), `export default 1;\n`);
  writeFileSync(join(folder, "index.js"), `${files.map((file) => `import "./${file}";`).join("\n")}\nexport const many = ${files.length};`);
  return keep;
} // prettier-ignore

beforeAll(async () => {
  server = await hostileServer();
  const [, port = ""] = server.place.split(":");
  const policy = { hosts: ["127.0.0.1"], http: true, private: [server.place], ports: [Number(port)] };
  const egress = () => {
    hook();
    return policy;
  };
  runtime = await createRuntime({ logger: SILENT, egress, packages: { folder: packages(), allow: { huge: "1.0.0" } } });
  // What is read at its first use is read now.
  for (let at = 0; at < 3; at++) {
    await run([answered('console.log("x".repeat(1000)); return { a: ["b".repeat(40_000)] }')]);
    await run([answered('throw new Error("x")')]);
  }
});

afterAll(async () => {
  await runtime.close();
  await server[Symbol.asyncDispose]();
  rmSync(keep, { recursive: true });
});

describe("the host's event loop goes on, whatever comes as", () => {
  test.each(Object.entries(SOURCES))("a source: %s", async (_name, one) => {
    await expectNoDelay(one);
  });

  test.each(Object.entries(STACKS))("a stack: %s", async (_name, stack) => {
    const { status } = await expectNoDelay([answered(`const e = new Error("x"); e.stack = "Error: x\\n" + ${stack}; throw e`)]);
    expect(status).toBe("threw");
  }); // prettier-ignore

  test("a message", async () => {
    await expectNoDelay([answered(`throw new Error("\\u202e".repeat(100_000))`)]);
  });

  test.each(Object.entries(RESULTS))("a result: %s", async (_name, value) => {
    const { status } = await expectNoDelay([answered(`return ${value}`)]);
    expect(status).toBe("returned");
  });

  test.each(Object.entries(LOGS))("a log: %s", async (_name, body) => {
    const { status } = await expectNoDelay([answered(body)]);
    expect(status).toBe("returned");
  });

  test.each(Object.entries(REQUESTS))("requests: %s", async (_name, body) => {
    // Whether the guest gets through with it in its own time is another matter.
    const { status } = await expectNoDelay([answered(body), { limits: { wallMs: 20_000, cpuMs: 10_000 } }]);
    expect(status).toMatch(/^(?:returned|timed_out)$/);
  });

  test.each(PATHS)("an answer: %s", async (path) => {
    const body = `let n = 0; try { const r = await fetch(c.args.url + "/${path}"); for await (const x of r.body) n += x.length } catch {} return n`;
    await expectNoDelay([action(body), { limits: { wallMs: 3_000, cpuMs: 2_000 } }]);
  });

  test.each(Object.entries(CONTEXTS))("a context: %s", async (_name, make) => {
    const source = action("return 1");
    const { context, more } = make();
    const { status, error } = await expectNoDelay(() => runtime.execute({ action: { source }, context, ...more }));
    expect(status === "returned" || /^(?:CONTEXT|ARGS)_|INVALID$|TOO_LARGE$/.test(error!.code)).toBe(true);
  });

  test.each(Object.entries(BESIDE))("what stands beside a context: %s", async (_name, make) => {
    const input = { action: { source: action("return 1") }, context: { args: {} }, ...make() };
    const { status } = await expectNoDelay(() => runtime.execute(input));
    expect(status).toBe("invalid");
  });

  test.each(Object.entries(RECORDED))("a context that is recorded, and taken out of its recording: %s", async (_name, make) => {
    const context = { args: make() };
    const kept: Recording[] = [];
    const redact = ["args.*", "args.text", "conversation.messages[*].content"];
    await using recording = await createRuntime({ logger: SILENT, record: { to: (one) => void kept.push(one), redact } });
    const once = async (): Promise<void> => {
      await recording.execute({ action: { source: action("return c.args.text") }, context, tenant: "t" });
      await recording.recorded();
    };
    await once();
    const { longestMs, mostMs } = await leastOf(TRIES, once);
    expect(longestMs <= mostMs ? "short" : `${longestMs} ms in one turn, ${mostMs} at most`).toBe("short");
    expect(/:1[,}]|a text|a b |"t1"|:12345/.test(JSON.stringify(kept[0]!.context))).toBe(false);
  }); // prettier-ignore

  test("a package of a huge package.json and many files, each time that it is looked whether they have changed", async () => {
    const one: Case = [`import { many } from "huge";\n${action("return many")}`, { limits: { compileMs: 60_000, wallMs: 20_000, cpuMs: 10_000 } }];
    expect((await run(one)).returnValue).toBe(1_500);
    await expectNoDelay(one);
  }); // prettier-ignore
});

test("a slow pattern on the host's thread would be found out", async () => {
  const slow = /\b(?:export\s+)?(?:async\s+)?function\s*\*?\s*execute_action\b/;
  hook = () => void slow.exec(`function${" ".repeat(20_000)}z`);
  const { result, longestMs, mostMs } = await leastOf(2, () => run([answered("return 1")]));
  hook = () => {};
  expect(result.status).toBe("returned");
  expect(longestMs).toBeGreaterThan(mostMs);
});
