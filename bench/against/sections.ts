/**
 * Sections that call this tree in turn with another commit. What they judge is the ratio of both in the same rounds, so that "no slower than
 * before" is a command; the tree called a second time as a third candidate says how far two equal things lie apart on this machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DevProcess } from "../dev-process.ts";
import type { Kind } from "../fixture.ts";
import { type Samples, inBursts, inTurn, warmUp } from "../pace.ts";
import type { RuntimeOptions } from "../../runtime/index.ts";
import type { BenchOptions, Goal, Rows, Section, Table } from "../section.ts";
import { type Rounds, type Spread, ratio, summarize } from "../stats.ts";
import { AGAIN, type Lane, OURS, THEIRS, asCandidate, openLane, treesWith } from "./trees.ts";

export const COMPARED = ["critical-path", "sustained", "loop"] as const;

export type Compared = (typeof COMPARED)[number];

/** What was measured of all trees in the same rounds; less is better. */
interface Measured {
  readonly title: string;
  readonly unit: string;
  readonly samples: Samples;
}

/** Slower by more than the noise of a shared machine leaves room for. */
const GOAL: Goal = {
  id: "no-slower",
  says: "this tree as a multiple of the other commit, the median of all that the section compares",
  unit: "× before",
  bound: { atMost: 1.05 },
};

export function compareWith(name: Compared, other: string, commit: string): Section {
  const measure = { "critical-path": criticalPath, sustained, loop }[name];
  return {
    name: `${name} against ${commit}`,
    title: `This tree against ${commit}: ${name}`,
    about:
      "Each tree is built and runs in a process of its own; one call of each in turn, in shuffled order. Ratios are made round by round, and the range is that of the rounds.",
    goals: [GOAL],
    run: async (options) => rowsOf(await measure(other, options)),
  };
}

interface Setting {
  readonly title: string;
  readonly kind: Kind;
  readonly options?: RuntimeOptions;
  readonly how: "paced" | "burst";
  readonly cold?: boolean;
}

const SETTINGS: readonly Setting[] = [
  { title: "no host call, paced 10 ms", kind: "reply", how: "paced" },
  { title: "one host call, paced 10 ms", kind: "hand-off", how: "paced" },
  { title: "no host call, back to back", kind: "reply", how: "burst" },
  { title: "one host call, not prepared, paced 10 ms", kind: "hand-off", how: "paced", options: { isolatesAhead: 0 } },
  { title: "one host call, cold process", kind: "hand-off", how: "burst", options: { workers: 1 }, cold: true },
];

async function criticalPath(other: string, { quick, log }: BenchOptions): Promise<Measured[]> {
  const rounds = quick ? 2 : 7;
  const measured: Measured[] = [];
  for (const { title, kind, how, options = {}, cold = false } of SETTINGS) {
    log(title);
    const samples = await withLanes(other, kind, options, async (lanes) => {
      const candidates = lanes.map((lane) => asCandidate(lane, cold));
      await warmUp(candidates, cold ? 2 : 30);
      if (how === "paced") return inTurn(candidates, { rounds, laps: quick ? 10 : 80, gapMs: 10 });
      return inBursts(candidates, rounds, cold ? (quick ? 2 : 8) : quick ? 20 : 150);
    });
    measured.push({ title, unit: "µs", samples });
  }
  return measured;
}

async function sustained(other: string, { quick, log }: BenchOptions): Promise<Measured[]> {
  const rounds = quick ? 2 : 7;
  const ms = quick ? 300 : 1_000;
  const measured: Measured[] = [];
  for (const workers of [1, 2])
    for (const kind of ["reply", "hand-off"] as const) {
      const title = `${kind}, ${workers === 1 ? "one worker process" : "two worker processes"}, ${workers * 4} in flight`;
      log(title);
      const request = { type: "window", ms, inFlight: workers * 4 } as const;
      const samples = await withLanes(other, kind, { workers }, async (lanes) => {
        const made = new Map<string, number[][]>(lanes.map(({ name }) => [name, []]));
        for (const lane of lanes) await lane.ask({ ...request, ms: ms / 2 });
        for (let round = 0; round < rounds; round++)
          for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
            const { us, runs } = await lane.ask(request);
            made.get(lane.name)!.push([us / runs]);
          }
        return made;
      });
      measured.push({ title, unit: "µs a run", samples });
    }
  return measured;
}

async function loop(other: string, { quick, log }: BenchOptions): Promise<Measured[]> {
  const rounds = quick ? 1 : 5;
  const saves = quick ? 3 : 8;
  const trees = treesWith(other);
  const samples = new Map<string, number[][]>(trees.map(({ name }) => [name, []]));
  const starts = new Map<string, number[][]>(trees.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    log(`round ${round + 1} of ${rounds}`);
    for (const { name, folder } of round % 2 === 0 ? trees : trees.toReversed()) {
      const { start, took } = await devRound(folder, saves, round);
      starts.get(name)!.push([start]);
      samples.get(name)!.push(took);
    }
  }
  return [
    { title: "from the start of `baton dev` to the first result", unit: "ms", samples: starts },
    { title: "from a save to the new result", unit: "ms", samples },
  ];
}

async function devRound(tree: string, saves: number, round: number): Promise<{ start: number; took: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), "baton-against-dev-"));
  try {
    writeFileSync(
      join(folder, "action.ts"),
      `export function execute_action() {\n  return { value: "start ${round}" };\n}\n`,
    );
    const session = new DevProcess(folder, tree);
    try {
      const start = await session.first();
      const took: number[] = [];
      for (let save = 0; save < saves; save++)
        took.push(await session.saveAndSee(`"${round}.${save}"`, save % 2 === 1));
      return { start, took };
    } finally {
      await session.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withLanes(
  other: string,
  kind: Kind,
  options: RuntimeOptions,
  measure: (lanes: readonly Lane[]) => Promise<Samples>,
): Promise<Samples> {
  const lanes: Lane[] = [];
  try {
    for (const tree of treesWith(other)) lanes.push(await openLane(tree, kind, options));
    return await measure(lanes);
  } finally {
    for (const lane of lanes) await lane.close();
  }
}

function rowsOf(measured: readonly Measured[]): Rows {
  const each = measured.map(({ samples }) => of(samples, OURS, THEIRS));
  const worst = each.reduce((highest, spread) => (spread.value > highest.value ? spread : highest));
  const sorted = each.toSorted((left, right) => left.value - right.value);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  const slowest = measured[each.indexOf(worst)]!.title;
  return {
    tables: [tableOf(measured)],
    reached: [
      {
        goal: GOAL.id,
        ...middle,
        why: `The slowest beside the other commit is "${slowest}", ${worst.value.toFixed(2)} times.`,
      },
    ],
    notes: [],
  };
}

function tableOf(measured: readonly Measured[]): Table {
  return {
    title: "Medians, and their ratios of the same rounds",
    columns: ["what", "unit", OURS, THEIRS, "ratio", "range", AGAIN],
    rows: measured.map(({ title, unit, samples }) => {
      const ours = of(samples, OURS, THEIRS);
      const again = of(samples, AGAIN, OURS);
      return [
        title,
        unit,
        p50(samples.get(OURS)!),
        p50(samples.get(THEIRS)!),
        ours.value.toFixed(2),
        rangeOf(ours),
        again.value.toFixed(2),
      ];
    }),
  };
}

const of = (samples: Samples, left: string, right: string): Spread => ratio(samples.get(left)!, samples.get(right)!);
const p50 = (rounds: Rounds): string =>
  summarize(rounds).p50.value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const rangeOf = ({ low, high }: Spread): string => `${low.toFixed(2)}–${high.toFixed(2)}`;
