/**
 * The author's page, in a real browser: how long after a save it shows the result, whether a long history scrolls smoothly, how soon there is
 * something to see, and what it weighs. Session, server and browser are on this machine and share its processors.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "playwright-core";
import type { RunEvent } from "../../author/session/events.ts";
import { openBundle } from "../../playground/assets.ts";
import { CHROMIUM, type Served, openBrowser, openTab, servePage } from "../../test/playground/browser.ts";
import type { BenchOptions, Goal, Rows, Section } from "../section.ts";
import { median, quantile } from "../stats.ts";

const goals: readonly Goal[] = [
  { id: "save-p50", says: "from a save to the page that shows its result, p50", unit: "ms", bound: { atMost: 120 } },
  { id: "scroll", says: "frames a second while 1,000 runs scroll by", unit: "frames/s", bound: { atLeast: 58 } },
  { id: "paint", says: "from the visit to the first paint with content, median", unit: "ms", bound: { atMost: 300 } },
  { id: "weight", says: "all of the page, compressed", unit: "KB", bound: { atMost: 300 } },
];

export const section: Section = {
  name: "page",
  title: "The author's page",
  about:
    "`baton dev` with its page, watched by Debian's chromium without a screen. A save is measured from before the write to the first frame after the list of runs has changed.",
  goals,
  run,
};

const RUNS = 1_000;

async function run({ quick, log }: BenchOptions): Promise<Rows> {
  const weight = weigh();
  if (CHROMIUM === null) {
    const reached = [{ goal: "weight", value: weight, why: "the editor" }];
    return { tables: [], reached, notes: ["Chromium is not installed: nothing but the weight was measured."] };
  }
  const served = await servePage((folder) => writeFileSync(join(folder, "actions/measured.ts"), action(0)));
  const browser = await openBrowser();
  try {
    log("first paint");
    const paints = await measurePaints(() => openTab(browser, served.page.url), quick ? 3 : 15);
    const { tab, close } = await openTab(browser, served.page.url);
    await tab.getByRole("link", { name: /^Runs/ }).click();
    await tab.getByLabel("Filter").fill("measured");
    await runsOf(tab).first().waitFor();
    log("saves");
    const saves = await measureSaves(served, tab, quick ? 5 : 40);
    log("scrolling");
    await tab.getByLabel("Filter").fill("");
    const frames = await measureScroll(served, tab, quick ? 1_000 : 5_000);
    await close();
    return rowsOf({ weight, paints, saves, frames });
  } finally {
    await browser.close();
    await served.close();
  }
}

/** The page has other options as well: those of its selects. */
const runsOf = (tab: Tab, name = /./) => tab.getByRole("listbox").getByRole("option", { name });

const action = (n: number): string => `export const execute_action = () => ({ n: ${n} });\n`;

/** Kilobytes of everything that the browser may load. */
function weigh(): number {
  const read = openBundle("page");
  const names = readdirSync(fileURLToPath(new URL("../../dist/assets/browser/page/", import.meta.url)));
  return names.reduce((sum, name) => sum + (read(name)?.gzip.length ?? 0), 0) / 1_000;
}

async function measurePaints(open: () => ReturnType<typeof openTab>, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const { tab, close } = await open();
    await tab.getByRole("heading", { level: 1 }).waitFor();
    const paint = await tab.evaluate<number>(
      'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0',
    );
    samples.push(paint);
    await close();
  }
  return samples;
}

/** The page notes by itself when its list changes, so that the driver's own time is in no figure. */
const WATCH = `{
  globalThis.changedAt = 0;
  new MutationObserver(() => requestAnimationFrame(() => { globalThis.changedAt = Date.now(); }))
    .observe(document.querySelector('[role="listbox"]'), { childList: true, subtree: true, characterData: true });
}`;

async function measureSaves({ folder }: Served, tab: Tab, count: number): Promise<number[]> {
  await tab.evaluate(WATCH);
  const samples: number[] = [];
  for (let index = 1; index <= count; index += 1) {
    await tab.waitForTimeout(250);
    await tab.evaluate("globalThis.changedAt = 0");
    const start = Date.now();
    writeFileSync(join(folder, "actions/measured.ts"), action(index));
    // The page's own policy lets no text be evaluated in it, which is how the driver waits for a function.
    while (!(await tab.evaluate<boolean>("globalThis.changedAt > 0"))) await tab.waitForTimeout(20);
    samples.push((await tab.evaluate<number>("globalThis.changedAt")) - start);
  }
  return samples;
}

/** The lengths of the frames, in milliseconds, while the list runs past. */
async function measureScroll({ page, events }: Served, tab: Tab, ms: number): Promise<number[]> {
  const sample = events.findLast((event): event is RunEvent => event.event === "run")!;
  for (let index = 0; index < RUNS; index += 1) page.send({ ...sample, scenario: `run ${index}` });
  await runsOf(tab, new RegExp(`run ${RUNS - 1}\\b`)).waitFor();
  return tab.evaluate<number[]>(`new Promise((resolve) => {
    const list = document.querySelector('[role="listbox"]');
    const frames = [];
    const start = performance.now();
    let last = start;
    const step = (now) => {
      frames.push(now - last);
      last = now;
      list.scrollTop = (list.scrollTop + 37) % (list.scrollHeight - list.clientHeight);
      if (now - start < ${ms}) requestAnimationFrame(step);
      else resolve(frames.slice(2));
    };
    requestAnimationFrame(step);
  })`);
}

interface Measured {
  readonly weight: number;
  readonly paints: readonly number[];
  readonly saves: readonly number[];
  readonly frames: readonly number[];
}

function rowsOf({ weight, paints, saves, frames }: Measured): Rows {
  const total = frames.reduce((sum, each) => sum + each, 0);
  const late = frames.filter((each) => each > 25).length;
  return {
    tables: [
      {
        title: "Milliseconds",
        columns: ["", "p50", "p95", "samples"],
        rows: [
          ["save → page", median(saves), quantile(saves, 0.95), saves.length],
          ["first paint", median(paints), quantile(paints, 0.95), paints.length],
          ["frame while scrolling", median(frames), quantile(frames, 0.95), frames.length],
        ],
      },
    ],
    reached: [
      { goal: "save-p50", value: median(saves), why: "the watch's patience and the run; then one event and one frame" },
      {
        goal: "scroll",
        value: (frames.length * 1_000) / total,
        why: `${late} of ${frames.length} frames took over 25 ms`,
      },
      { goal: "paint", value: median(paints), why: "starting the scripts on a browser that shares the processors" },
      { goal: "weight", value: weight, why: "the editor" },
    ],
    notes: [],
  };
}
