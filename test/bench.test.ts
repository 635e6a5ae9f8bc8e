/** The benchmark runs, prints its goals beside its figures, and writes them where it is asked to; what the figures are is not for a test. */
import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Goal, type Reached, type Section } from "../bench/section.ts";
import { type Report, judge, mergeInto, toJson, toMarkdown } from "../bench/report.ts";
import { compare, summarize } from "../bench/stats.ts";
import { ROOT, tempFolder } from "./cli/baton.ts";

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

async function bench(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["--no-warnings", "bench/run.ts", ...args], { cwd: ROOT, stdio: "pipe" });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, out, errors };
}

test("the short form of one section prints its table and writes both files", async () => {
  using folder = tempFolder();
  const { status, out, errors } = await bench("--quick", "--only", "compile", "--out", folder.path);
  expect(errors).not.toContain("failed");
  expect(status).toBe(0);
  expect(out).toMatch(/^\| cached +\| +\d/m);
  expect(readFileSync(join(folder.path, "RESULTS.md"), "utf8")).toBe(out);
  const written = JSON.parse(readFileSync(join(folder.path, "results.json"), "utf8")) as { sections: object[] };
  expect(written.sections).toMatchObject([{ name: "compile", ok: true }]);
});

test("a section that does not exist is refused with the names of those that do", async () => {
  const { status, errors } = await bench("--only", "speed");
  expect(status).toBe(2);
  expect(errors).toContain("critical-path");
});

const goal = (id: string, bound: Goal["bound"]): Goal => ({ id, says: `the ${id}`, unit: "µs", bound });

function reportOf(goals: readonly Goal[], reached: readonly Reached[]): Report {
  const section: Pick<Section, "name" | "title" | "about" | "goals"> = { name: "s", title: "S", about: "", goals };
  const machine = {
    node: "v0",
    v8: "0",
    platform: "none",
    processor: "none",
    processors: 1,
    memoryGiB: 1,
    loadBefore: 0,
  };
  const rows = { tables: [], reached, notes: [] };
  return {
    made: "2026-01-01",
    quick: false,
    machine,
    results: [{ made: "2026-01-01", section, seconds: 1, outcome: { ok: true, rows } }],
  };
}

test("a missed goal is marked with what dominates it, and one without a figure counts as not measured", () => {
  const goals = [goal("most", { atMost: 10 }), goal("least", { atLeast: 10 }), goal("gone", { atMost: 1 })];
  const report = reportOf(goals, [
    { goal: "most", value: 11, why: "The hop takes it." },
    { goal: "least", value: 11, why: "Nothing." },
  ]);
  expect(judge(report).map(({ verdict }) => verdict)).toEqual(["missed", "met", "not measured"]);
  const page = toMarkdown(report);
  expect(page).toContain("**missed**");
  expect(page).toContain("The hop takes it.");
  expect(page).not.toContain("Nothing.");
});

test("a section that failed leaves its goals unmeasured and says what happened", () => {
  const report = reportOf([goal("most", { atMost: 10 })], []);
  const failed = {
    ...report,
    results: [{ ...report.results[0]!, outcome: { ok: false as const, error: "it broke" } }],
  };
  expect(judge(failed).map(({ verdict }) => verdict)).toEqual(["not measured"]);
  expect(toMarkdown(failed)).toContain("it broke");
});

test("a section that was measured anew takes its old place, and the others keep their figures and their day", () => {
  const before = reportOf([goal("most", { atMost: 10 })], [{ goal: "most", value: 9, why: "" }]);
  const [old] = before.results;
  const other = { ...old!.section, name: "other", title: "O" };
  const both = { ...before, results: [old!, { ...old!, section: other }] };
  const fresh = { ...before, results: [{ ...old!, made: "2026-02-02", section: other, seconds: 2 }] };
  const merged = mergeInto(toJson(both), fresh, [old!.section, other]);
  expect(merged.results.map(({ section, made, seconds }) => [section.name, made, seconds])).toEqual([
    ["s", "2026-01-01", 1],
    ["other", "2026-02-02", 2],
  ]);
  expect(merged.results[0]!.outcome).toEqual(old!.outcome);
});

test("against a commit that git does not know there is git's own word and nothing is left behind", async () => {
  const { status, errors } = await bench("--against", "no-such-commit", "--quick");
  expect(status).not.toBe(0);
  expect(errors).toContain("no-such-commit");
});

test("medians and tails are of all samples, their spread is of the rounds, and ratios are made round by round", () => {
  const rounds = [
    [1, 2, 3],
    [10, 20, 30],
  ];
  const { count, p50, p99 } = summarize(rounds);
  expect([count, p50, p99]).toEqual([6, { value: 3, low: 2, high: 20 }, { value: 30, low: 3, high: 30 }]);
  expect(compare(rounds, [[1], [40]], (left, right) => left / right)).toEqual({ value: 0.5, low: 0.5, high: 2 });
});
