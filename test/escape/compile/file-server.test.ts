/** What a compile process in a source's hands may ask the host for: the files of the action that is being compiled, one question at a time. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { serveFiles } from "../../../languages/compile/file-server.ts";
import { decodeFrame, encodeFrame } from "../../../sandbox/protocol/wire.ts";

let folder = "";
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-server-")));
  for (const name of ["root/sub", "outside"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "root", "own.ts"), "own");
  writeFileSync(join(folder, "outside", "secret.ts"), "secret");
  writeFileSync(join(folder, "beside.py"), "beside");
  symlinkSync(join(folder, "outside"), join(folder, "root", "away"));
  symlinkSync(join(folder, "outside", "secret.ts"), join(folder, "root", "link.ts"));
  symlinkSync(join(folder, "outside", "gone.ts"), join(folder, "root", "dangling.ts"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the host answers to these bytes; `broken` where it trusts the other side no more. */
function ask(data: Buffer, handed: boolean = true): { answer: string; broken: boolean } {
  let broken = false;
  const answers: Buffer[] = [];
  const fileChannel = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      answers.push(chunk);
      done();
    },
  });
  const server = serveFiles(fileChannel as unknown as Socket, () => (broken = true));
  if (handed) server.hand({ root: join(folder, "root"), reads: [join(folder, "beside.py")] });
  fileChannel.emit("data", data);
  const frame = answers.length === 0 ? null : decodeFrame(Buffer.concat(answers));
  return { answer: frame === null ? "" : `${frame.json} ${Buffer.from(frame.bytes ?? []).toString()}`.trim(), broken };
}

const question = (value: unknown): Buffer => encodeFrame(JSON.stringify(value));
const read = (path: string): Buffer => question({ ask: "read", path: join(folder, path), limit: 1_000 });

describe("the host", () => {
  test("hands in the files of the action, and those that its compile reads beside them", () => {
    expect(ask(read("root/own.ts"))).toEqual({ answer: "null own", broken: false });
    expect(ask(read("beside.py"))).toEqual({ answer: "null beside", broken: false });
  });

  test.each(["root/link.ts", "root/away/secret.ts", "root/dangling.ts", "root/away/gone.ts", "root/gone.ts"])(
    "says of %s what it says of every file that is not there",
    (path) => {
      expect(ask(read(path)).answer).toContain("IMPORT_NOT_FOUND");
      const { answer } = ask(question({ ask: "look", path: join(folder, path) }));
      expect(JSON.parse(answer)).toEqual({ stamp: null, real: null, isFolder: false });
    },
  );

  const path = (name: string): string => join(folder, name);
  test.each([
    ["a file beside the folder", () => read("outside/secret.ts")],
    ["a path that goes up", () => question({ ask: "read", path: `${path("root")}/../outside/secret.ts`, limit: 9 })],
    ["a path from nowhere", () => question({ ask: "read", path: "own.ts", limit: 9 })],
    ["the folder itself", () => question({ ask: "look", path: path("root") })],
    ["a file of the machine", () => question({ ask: "look", path: "/etc/passwd" })],
    ["whether a path outside is a link", () => question({ ask: "leads_outside", path: path("outside/secret.ts") })],
    ["another word", () => question({ ask: "write", path: path("root/own.ts") })],
    ["a key more", () => question({ ask: "look", path: path("root/own.ts"), root: "/" })],
    ["no JSON", () => encodeFrame("{")],
    ["two questions at once", () => Buffer.concat([read("root/own.ts"), read("root/own.ts")])],
    ["bytes beside a question", () => encodeFrame(JSON.stringify({ ask: "look", path: path("root/own.ts") }), "x")],
    ["a question of a megabyte", () => question({ ask: "look", path: `${path("root")}/${"x".repeat(2 ** 20)}` })],
  ])("ends a process that asks %s", (_name, data) => {
    expect(ask(data())).toEqual({ answer: "", broken: true });
  });

  test("ends one that asks while nothing of its is compiled", () => {
    expect(ask(read("root/own.ts"), false)).toEqual({ answer: "", broken: true });
  });
});

test("a compile may ask so often and read so much, and the next as much again", () => {
  writeFileSync(join(folder, "root", "large.ts"), "x".repeat(15 * 1024 * 1024));
  let broken = 0;
  const fileChannel = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const server = serveFiles(fileChannel as unknown as Socket, () => (broken += 1));
  const request = { root: join(folder, "root"), reads: [] };
  server.hand(request);
  const large = question({ ask: "read", path: join(folder, "root", "large.ts"), limit: 16 * 1024 * 1024 });
  for (let time = 0; time < 9; time++) fileChannel.emit("data", large);
  expect(broken).toBe(0);
  fileChannel.emit("data", large);
  expect(broken).toBe(1);
  server.hand(request);
  fileChannel.emit("data", large);
  expect(broken).toBe(1);
});
