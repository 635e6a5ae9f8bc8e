// The debug engine has no walls: nothing that serves production may reach it, by any import, static or dynamic.
import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { importsOf, readSources } from "../imports.ts";
import { ROOMS } from "../rooms.ts";

const sources = readSources(ROOMS);
const next = Map.groupBy(sources.flatMap(importsOf), ({ from }) => from);

/** Every file that is reached from one, itself included. */
function reach(from: string): Set<string> {
  const seen = new Set<string>();
  const waiting = [from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { to } of next.get(path) ?? []) waiting.push(to);
  }
  return seen;
}

const debugFiles = (from: string): string[] => [...reach(from)].filter((path) => path.startsWith("debug/"));

const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly exports: Readonly<Record<string, string | { readonly default?: string }>>;
};
/** What users import, as sources. */
const ENTRIES = Object.values(exports)
  .flatMap((entry) => (typeof entry === "string" ? [] : [entry.default ?? ""]))
  .filter((path) => path.endsWith(".js"))
  .map((path) => path.replace("./dist/", "").replace(/\.js$/, ".ts"));

describe("the debug engine", () => {
  test("is reached from no entry of the package", () => {
    expect(ENTRIES).toContain("runtime/index.ts");
    expect(ENTRIES.flatMap(debugFiles)).toEqual([]);
  });

  test.each(["cli/serve.ts", "cli/migrate.ts", "cli/outbox.ts", "service/index.ts"])(
    "is not reached from %s",
    (path) => {
      expect(reach(path).size).toBeGreaterThan(3);
      expect(debugFiles(path)).toEqual([]);
    },
  );

  test("is reached from the command that attaches it", () => {
    expect(debugFiles("cli/run.ts")).toContain("debug/process.ts");
  });

  test("and no room but its own and the command line's imports it", () => {
    const importers = sources.flatMap(importsOf).filter(({ to }) => to.startsWith("debug/"));
    const rooms = new Set(importers.map(({ from }) => from.split("/")[0]));
    expect(rooms).toEqual(new Set(["cli", "debug"]));
  });
});
