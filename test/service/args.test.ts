/** The schema of an action's args is read from its types by a process that a tenant may have taken over: what it says is held to a length. */
import { afterAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArgsReader } from "../../service/args/args.ts";
import { LineReader } from "../../service/args/lines.ts";

const PATIENCE_MS = 120_000;
const root = realpathSync(mkdtempSync(join(tmpdir(), "baton-args-")));
const reader = createArgsReader();

afterAll(async () => {
  await reader.close();
  rmSync(root, { recursive: true });
});

async function schemaOf(name: string, members: readonly string[]): Promise<Readonly<Record<string, unknown>> | null> {
  const path = join(root, name);
  writeFileSync(
    path,
    `export function execute_action(context: ActionContext<{ ${members.join("; ")} }>) { return 1; }\n`,
  );
  return reader.read(path, root, PATIENCE_MS);
}

describe("the reader of types", () => {
  test("says what an action's arguments are", async () => {
    expect(await schemaOf("order.ts", ["orderId: string", "size?: 1 | 2"])).toMatchObject({
      type: "object",
      properties: { orderId: { type: "string" } },
      required: ["orderId"],
    });
  });

  test("says nothing of a schema that is longer than a list of tools may hold, and goes on", async () => {
    const many = Array.from({ length: 5_000 }, (_, at) => `member${at}: string`);
    expect(await schemaOf("many.ts", many)).toBeNull();
    expect(await schemaOf("few.ts", many.slice(0, 10))).toMatchObject({ type: "object" });
  });

  test("answers questions that are asked together, each with its own", async () => {
    const asked = ["a", "b", "c"].map((name) => schemaOf(`${name}.ts`, [`${name}: string`]));
    const read = (await Promise.all(asked)).map((schema) => Object.keys(schema!["properties"] as object));
    expect(read).toEqual([["a"], ["b"], ["c"]]);
  });
});

describe("its lines", () => {
  const MOST = 16;
  function read(chunks: readonly string[]): { lines: string[]; tooLong: number } {
    const lines: string[] = [];
    let tooLong = 0;
    const one = new LineReader(MOST, (line) => lines.push(line), () => (tooLong += 1)); // prettier-ignore
    for (const chunk of chunks) one.read(Buffer.from(chunk));
    return { lines, tooLong };
  }

  test("are the same wherever they are cut", () => {
    const text = "one\n\ntwo, longer\nthree\n";
    for (let at = 0; at <= text.length; at++)
      expect(read([text.slice(0, at), text.slice(at)])).toEqual({ lines: ["one", "", "two, longer", "three"], tooLong: 0 });
    expect(read(text.split("")).lines).toEqual(["one", "", "two, longer", "three"]);
  }); // prettier-ignore

  test("end with the first that is too long, whether or not its end has come", () => {
    expect(read(["one\n", "x".repeat(MOST), "x", "\ntwo\n"])).toEqual({ lines: ["one"], tooLong: 1 });
    expect(read([`one\n${"x".repeat(MOST + 1)}\ntwo\n`])).toEqual({ lines: ["one"], tooLong: 1 });
    expect(read([`${"x".repeat(MOST)}\n`])).toEqual({ lines: ["x".repeat(MOST)], tooLong: 0 });
  });

  test("are no longer read once the reader has stopped", () => {
    const lines: string[] = [];
    const one: LineReader = new LineReader(
      MOST,
      (line) => {
        lines.push(line);
        one.stop();
      },
      () => lines.push("too long"),
    );
    one.read(Buffer.from(`one\ntwo\n${"x".repeat(MOST + 1)}`));
    one.read(Buffer.from("three\n"));
    expect(lines).toEqual(["one"]);
  });
});
