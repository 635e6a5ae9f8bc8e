/**
 * The author's loop: how long after a save `baton dev --json` reports the result. A process of its own, asked as an editor's plug-in would
 * ask it; the time is from before the write to the line of JSON, so it includes the system's notice and the watch's own patience.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DevEvent } from "../../author/session/events.ts";
import { DevProcess, action } from "../dev-process.ts";
import type { BenchOptions, Goal, Reached, Rows, Section } from "../section.ts";
import { median, quantile } from "../stats.ts";

const goals: readonly Goal[] = [
  { id: "first", says: "from the start of the command to the first result", unit: "ms", bound: { atMost: 500 } },
  { id: "save-p50", says: "from a save to the new result, p50 of 40 saves", unit: "ms", bound: { atMost: 100 } },
  { id: "save-p99", says: "the same, p99", unit: "ms", bound: { atMost: 250 } },
  { id: "syntax", says: "from a save with a syntax error to the problem", unit: "ms", bound: { atMost: 250 } },
  { id: "threw", says: "from a save that throws to the result", unit: "ms", bound: { atMost: 250 } },
  {
    id: "loop",
    says: "from a save with an endless loop to its end, beyond the limit",
    unit: "ms",
    bound: { atMost: 250 },
  },
  {
    id: "crash",
    says: "from a save that takes all memory to its end, beyond the limit",
    unit: "ms",
    bound: { atMost: 250 },
  },
  { id: "types", says: "from a save with a type error to the problem", unit: "ms", bound: { atMost: 1_000 } },
  {
    id: "recovers",
    says: "from the next save after each of these to its result, the slowest",
    unit: "ms",
    bound: { atMost: 250 },
  },
];

export const section: Section = {
  name: "loop",
  title: "From a save to what the bot would do",
  about:
    "`baton dev --json` on a folder with one action, saved in place and by renaming in turn, 250 ms apart. The limit of a run is 1,000 ms of wall time here.",
  goals,
  run,
};

const WALL_MS = 1_000;

async function run({ quick, log }: BenchOptions): Promise<Rows> {
  const size = quick ? { starts: 1, saves: 5, rounds: 1 } : { starts: 5, saves: 40, rounds: 3 };
  const folder = mkdtempSync(join(tmpdir(), "baton-loop-"));
  try {
    writeFileSync(join(folder, "baton.config.json"), JSON.stringify({ limits: { wallMs: WALL_MS, cpuMs: WALL_MS } }));
    log("starts");
    const first = await measureStarts(folder, size.starts);
    log("saves");
    const session = new DevProcess(folder);
    try {
      await session.first();
      const saves = await measureSaves(session, size.saves);
      log("mistakes");
      const mistakes = await measureMistakes(session, size.rounds);
      return rowsOf(first, saves, mistakes);
    } finally {
      await session.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStarts(folder: string, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(folder, "action.ts"), action(`"start ${index}"`));
    const session = new DevProcess(folder);
    samples.push(await session.first());
    await session.end();
  }
  return samples;
}

async function measureSaves(session: DevProcess, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1)
    samples.push(await session.saveAndSee(`"save ${index}"`, index % 2 === 1));
  return samples;
}

interface Mistakes {
  readonly syntax: number[];
  readonly threw: number[];
  readonly loop: number[];
  readonly crash: number[];
  readonly types: number[];
  readonly recovers: number[];
}

async function measureMistakes(session: DevProcess, rounds: number): Promise<Mistakes> {
  const all: Mistakes = { syntax: [], threw: [], loop: [], crash: [], types: [], recovers: [] };
  const isProblem = (code: string) => (event: DevEvent) => event.event === "problem" && event.code === code;
  const isEnd = (status: string) => (event: DevEvent) => event.event === "run" && event.outcome.status === status;
  const over = (event: DevEvent) =>
    event.event === "run" && ["out_of_memory", "crashed", "timed_out"].includes(event.outcome.status);
  for (let round = 0; round < rounds; round += 1) {
    const recover = async (): Promise<void> => {
      all.recovers.push(await session.saveAndSee(`"recovered ${round}, ${all.recovers.length}"`, false));
    };
    all.syntax.push(await session.save(`export function execute_action( { // ${round}`, isProblem("SYNTAX_ERROR")));
    await recover();
    all.threw.push(await session.save(action(`fail(${round})`), isEnd("threw")));
    await recover();
    all.loop.push((await session.save(action(`(() => { for (;;); })() // ${round}\n`), isEnd("timed_out"))) - WALL_MS);
    await recover();
    const eat = `(() => { const all: number[][] = []; for (;;) all.push(new Array(1e5).fill(${round})); })()`;
    all.crash.push((await session.save(action(eat), over)) - WALL_MS);
    await recover();
    const wrong = `${action(`"typed ${round}"`)}export const wrong: number = "text";\n`;
    all.types.push(await session.save(wrong, isProblem("TYPE_ERROR")));
    await recover();
  }
  return all;
}

function rowsOf(first: readonly number[], saves: readonly number[], mistakes: Mistakes): Rows {
  const worst = (samples: readonly number[]): number => Math.max(...samples);
  const reach = (goal: string, value: number, why: string): Reached => ({ goal, value, why });
  const { syntax, threw, loop, crash, types, recovers } = mistakes;
  return {
    tables: [
      {
        title: "Milliseconds",
        columns: ["what", "times", "p50", "highest"],
        rows: [
          ["start to first result", first.length, median(first), worst(first)],
          ["save to result", saves.length, median(saves), worst(saves)],
          ["syntax error", syntax.length, median(syntax), worst(syntax)],
          ["thrown error", threw.length, median(threw), worst(threw)],
          ["endless loop, beyond the limit", loop.length, median(loop), worst(loop)],
          ["all memory, beyond the limit", crash.length, median(crash), worst(crash)],
          ["type error", types.length, median(types), worst(types)],
          ["next save after a mistake", recovers.length, median(recovers), worst(recovers)],
        ],
      },
    ],
    reached: [
      reach("first", median(first), "starting Node, the compile process and the worker process"),
      reach("save-p50", median(saves), "12 ms in which the watch waits for more of the same save"),
      reach("save-p99", quantile(saves, 0.99), "other processes on the same processors"),
      reach("syntax", worst(syntax), "40 ms in which half a save is given time to become a whole one"),
      reach("threw", worst(threw), "the same as any save"),
      reach("loop", worst(loop), "the deadline is looked at from outside, every few milliseconds"),
      reach("crash", worst(crash), "a worker process that is ended is replaced"),
      reach("types", worst(types), "TypeScript starts anew for every save"),
      reach("recovers", worst(recovers), "a worker process that was ended is replaced"),
    ],
    notes: [],
  };
}
