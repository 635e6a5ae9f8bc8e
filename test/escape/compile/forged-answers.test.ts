/**
 * A compile process in a source's hands sends what it likes: each answer has a length that follows from what was asked, and comes once, when it was
 * asked for.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type CompileAnswer, type CompileProcess, startCompileProcess } from "../../../languages/compile/process.ts";
import type { CompileRequest } from "../../../languages/compile/messages.ts";
import { leastOf } from "../host/meter.ts";
import { processes, until } from "../../processes.ts";

const MIB = 1024 * 1024;
const BUNDLE_BYTES = MIB;
/** Longer than any of these takes that is ended for what it sends. */
const DEADLINE_MS = 60_000;
/** A text is read in a turn or two: the shortest of so many is what it takes. */
const TRIES = 4;

let folder = "";
let started: CompileProcess[] = [];
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-forged-")));
});
afterEach(async () => {
  await Promise.all(started.map((each) => each.kill()));
  started = [];
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a compiler of ours cannot send, by hand on its channel. */
const HANDS = `
import { writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
const raw = (data) => {
  for (let at = 0; at < data.length;) {
    try { at += writeSync(3, data, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
  }
};
const header = (kind, length) => { const part = Buffer.alloc(5); part[0] = kind; part.writeUInt32LE(length, 1); return part; };
const part = (kind, data) => raw(Buffer.concat([header(kind, Buffer.byteLength(data)), Buffer.from(data)]));
const [READY, LATIN1, UTF16, HEAD] = [0, 1, 2, 3];
const files = { stamps: [], contents: [] };
const tooLarge = { type: "too_large", texts: 0, bytes: 1, ...files };
const built = { type: "built", texts: 2, inputs: [], warnings: [], index: null, ...files };
const endless = () => { for (;;) raw(Buffer.alloc(1024 * 1024)); };
const ever = () => new Promise(() => {});
`;

interface Forged {
  readonly process: CompileProcess;
  ask(ms?: number): Promise<CompileAnswer>;
}

function forged(name: string, onRequest: string, onLoad = ""): Forged {
  const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.mjs`);
  writeFileSync(file, `${HANDS}\n${onLoad}\nexport const compile = async (request) => { ${onRequest} };`);
  const made = startCompileProcess(pathToFileURL(file).href, { user: "bare", view: null }, 1024 * MIB);
  started.push(made);
  return { process: made, ask: (ms = DEADLINE_MS) => made.ask({ ...REQUEST, compiler: pathToFileURL(file).href }, ms) };
}

const REQUEST: CompileRequest = {
  compiler: "",
  filename: "a.ts",
  source: "",
  root: null,
  packages: null,
  settings: null,
  reads: [],
  sourceBytes: MIB,
  bundleBytes: BUNDLE_BYTES,
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function held(): number {
  collectGarbage();
  const { arrayBuffers, external } = process.memoryUsage();
  return arrayBuffers + external;
}

const BROKEN: Record<string, string> = {
  "a part of a kind that there is not": "raw(header(9, 10)); return ever();",
  "a head without end": "raw(header(HEAD, 2 ** 32 - 1)); endless();",
  "a head over its bound": "part(HEAD, JSON.stringify({ ...tooLarge, more: 'x'.repeat(8 * 2 ** 20) })); return ever();",
  "a script without end": "raw(header(LATIN1, 2 ** 32 - 1)); endless();",
  "a script that is over the bundle's bound": "part(LATIN1, Buffer.alloc(2 * 2 ** 20 + 1)); return ever();",
  "texts over their bound together":
    "part(LATIN1, 'x'); for (;;) part(LATIN1, Buffer.alloc(9 * 2 ** 20)); return ever();",
  "texts without a head, one after the other": "for (;;) part(LATIN1, ''); return ever();",
  "a head of no kind": "part(HEAD, '{}'); return ever();",
  "a head that is no JSON": "part(HEAD, '{]'); return ever();",
  "a long head that is no JSON": "part(HEAD, '[' + '1,'.repeat(3e5)); return ever();",
  "files whose names are numbers":
    "part(HEAD, JSON.stringify({ ...tooLarge, stamps: [{ path: 1, stamp: null }] })); return ever();",
  "a head with no texts to it": "part(HEAD, JSON.stringify(built)); return ever();",
  "a head that does not speak of its texts":
    "for (let i = 0; i < 4; i++) part(LATIN1, 'x'); part(HEAD, JSON.stringify(built)); return ever();",
  "an index without its texts":
    "part(LATIN1, ''); part(LATIN1, ''); part(HEAD, JSON.stringify({ ...built, index: { sources: [], lengths: [], marks: [], lines: [], entry: null } })); return ever();",
  "a failure with nothing wrong":
    "part(HEAD, JSON.stringify({ type: 'failed', texts: 0, diagnostics: [], ...files })); return ever();",
  "word that it is ready once more": "part(READY, ''); return ever();",
  "bytes beside that word": "part(READY, 'x'); return ever();",
  "single bytes without end":
    "raw(header(LATIN1, 2 ** 20)); for (;;) { raw(Buffer.alloc(1)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.2); }",
  "the end of its channel": "(await import('node:fs')).closeSync(3); return ever();",
};

describe("a compile process is ended that sends", () => {
  test.each(Object.entries(BROKEN))("%s", async (name, onRequest) => {
    const before = held();
    // A collection of all garbage may fall into one turn of the tests' own large heap.
    const { result, longestMs, mostMs } = await leastOf(TRIES, async () => {
      const made = forged(name, onRequest);
      return { answer: await made.ask(), isAlive: made.process.alive };
    });
    expect(result).toEqual({ answer: { type: "crashed" }, isAlive: false });
    expect(held() - before).toBeLessThan(48 * MIB);
    expect(longestMs).toBeLessThan(4 * mostMs);
    if (process.platform === "linux")
      await until(() => processes().every(({ command }) => !command.includes(name.replaceAll(/\W+/g, "-"))));
  });

  test.each([
    ["an answer before it was asked", "", "part(HEAD, JSON.stringify(tooLarge));"],
    ["an answer before it is ready", "return ever();", "part(LATIN1, '');"],
    ["endless bytes while nothing is asked of it", "", "setTimeout(endless, 1);"],
  ])("%s", async (name, onRequest, onLoad) => {
    const before = held();
    const made = forged(name, onRequest, onLoad);
    await until(() => !made.process.alive);
    const { type } = await made.ask();
    expect(["crashed", "unavailable"]).toContain(type);
    expect(held() - before).toBeLessThan(16 * MIB);
  });

  test("a second answer to what was asked once, and the next compile gets none of it", async () => {
    const made = forged(
      "twice",
      "part(HEAD, JSON.stringify(tooLarge)); part(HEAD, JSON.stringify(tooLarge)); return ever();",
    );
    const first = await made.ask();
    expect(["too_large", "crashed"]).toContain(first.type === "result" ? first.result.type : first.type);
    await until(() => !made.process.alive);
    expect(await made.ask()).toEqual({ type: "crashed" });
  });
});

test("one that says nothing, or not all, is ended at the deadline", async () => {
  for (const onRequest of ["return ever();", "raw(header(LATIN1, 100)); raw(Buffer.alloc(99)); return ever();"]) {
    const made = forged(`silent ${onRequest.length}`, onRequest);
    expect(await made.ask(300)).toEqual({ type: "timed_out" });
    expect(made.process.alive).toBe(false);
  }
});

const text = (length: number, unit = "x"): string => unit.repeat(length);
const indexOf = (contents: string[], mappings: string): string =>
  `{ sources: ${JSON.stringify(contents.map((_, at) => `${at}.ts`))}, contents: ${JSON.stringify(contents)}, mappings: ${JSON.stringify(mappings)}, marks: [], lines: ${JSON.stringify(contents.map(() => []))}, entry: null }`;
const BUILT = `type: "built", inputs: ["a.ts"], warnings: [], stamps: [], contents: [["a.ts", "0"]]`;

describe("an answer of ours", () => {
  test("comes whole, whatever its characters", async () => {
    const contents = ["const a = 'é';", "// 漢字 \ud800 🙂", ""];
    const made = forged(
      "ours",
      `return { ${BUILT}, script: ${JSON.stringify("é\udc00")}, map: "{}", index: ${indexOf(contents, "AAAA")} };`,
    );
    for (let time = 0; time < 2; time++) {
      const answer = await made.ask();
      expect(answer).toMatchObject({
        type: "result",
        result: {
          type: "built",
          script: "é\udc00",
          map: "{}",
          inputs: ["a.ts"],
          index: { contents, mappings: "AAAA" },
        },
      });
    }
  });

  test("leaves out first the author's texts, then the positions, where it is too long", async () => {
    const room = 8 * BUNDLE_BYTES + 16 * MIB;
    for (const [name, contents, mappings, keeps] of [
      ["texts", text(room / 2), "AAAA", true],
      ["positions", "x", text(room / 2, "A"), false],
    ] as const) {
      const long = forged(
        `long ${name}`,
        `
        const contents = [${JSON.stringify(contents.slice(0, 1))}.repeat(${contents.length})];
        const mappings = "A".repeat(${mappings.length});
        const map = JSON.stringify({ version: 3, sources: ["0.ts"], sourcesContent: contents, names: [], mappings });
        return { ${BUILT}, script: "1", map, index: { sources: ["0.ts"], contents, mappings, marks: [], lines: [[]], entry: { line: 1, column: 2 } } };`,
      );
      const answer = await long.ask();
      expect(answer).toMatchObject({
        type: "result",
        result: { type: "built", script: "1", index: { entry: { line: 1, column: 2 } } },
      });
      const index = answer.type === "result" && answer.result.type === "built" ? answer.result.index! : null;
      expect({ contents: index!.contents, mappings: index!.mappings }).toEqual(
        keeps ? { contents: [null], mappings } : { contents: [], mappings: "" },
      );
    }
  });

  test("says so where the names of its files alone are too long, and is not kept for an answer", async () => {
    const made = forged(
      "names",
      `
      const stamps = Array.from({ length: 9_000 }, (_, at) => ({ path: "/" + "x".repeat(1_000) + at, stamp: "1" }));
      return { type: "too_large", bytes: 1, stamps, contents: [] };`,
    );
    const answer = await made.ask();
    expect(answer).toMatchObject({
      type: "result",
      result: { type: "failed", diagnostics: [{ code: "BUNDLE_TOO_LARGE" }], stamps: [{ stamp: "unknown" }] },
    });
  });
});
