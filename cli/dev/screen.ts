/**
 * The events of a session on a terminal that is looked at all day: one line for each action that is well, in the same order every time, and
 * all there is to say of one that is not, or whose outcome has changed since it was last shown.
 */
import { cellWord } from "../../author/matrix/cells.ts";
import { stableOutcome } from "../../author/scenarios/compare.ts";
import type { DevEvent, RunEvent } from "../../author/session/events.ts";
import { visibleLine, wrap } from "../../author/text.ts";
import type { Terminal } from "../terminal.ts";
import { renderEvent } from "./render.ts";

export interface ScreenOptions {
  readonly folder: string;
  readonly hasKeys: boolean;
  /** All of every run, as for a session of one action. */
  readonly full: boolean;
  readonly terminal: () => Terminal;
  readonly print: (text: string) => void;
}

interface Batch {
  readonly runs: RunEvent[];
  done: boolean;
}

/** An action that takes its time holds up the lines below it no longer than this. */
const PATIENCE_MS = 1_500;

export class Screen {
  readonly #options: ScreenOptions;
  /** Actions whose lines are still to come, in order. */
  #waiting: string[] = [];
  readonly #batches = new Map<string, Batch>();
  /** What each run came to when it was last shown. */
  readonly #before = new Map<string, string>();
  readonly #last = new Map<string, readonly RunEvent[]>();
  #failuresOnly = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  show(event: DevEvent): void {
    if (event.event === "started") return this.#onStarted(event.actions);
    if (event.event === "done") return this.#onDone(event.action);
    if (event.event === "run" && this.#batches.has(event.action)) {
      this.#batches.get(event.action)!.runs.push(event);
      return;
    }
    const { folder, hasKeys, terminal, print } = this.#options;
    print(`${renderEvent(event, folder, hasKeys, terminal())}\n`);
  }

  /** Shows from now on what is not well, or everything again. */
  toggleFailures(): void {
    this.#failuresOnly = !this.#failuresOnly;
    const { terminal, print } = this.#options;
    const { paint } = terminal();
    print(`${paint("dim", this.#failuresOnly ? "Only what fails is shown; f shows all." : "All is shown.")}\n`);
    for (const [action, runs] of [...this.#last].sort(([left], [right]) => (left < right ? -1 : 1)))
      this.#print(action, runs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#flush(true);
  }

  #onStarted(actions: readonly string[]): void {
    for (const action of actions) this.#batches.set(action, { runs: [], done: false });
    this.#waiting = [...new Set([...this.#waiting, ...actions])].sort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(true), PATIENCE_MS).unref();
  }

  #onDone(action: string): void {
    const batch = this.#batches.get(action);
    if (batch !== undefined) batch.done = true;
    this.#flush(false);
  }

  #flush(all: boolean): void {
    const left: string[] = [];
    for (const action of this.#waiting) {
      const batch = this.#batches.get(action);
      if (batch === undefined) continue;
      if (!batch.done || (left.length > 0 && !all)) {
        left.push(action);
        continue;
      }
      this.#batches.delete(action);
      if (batch.runs.length === 0) continue;
      const runs = batch.runs.toSorted((a, b) => ((a.scenario ?? "") < (b.scenario ?? "") ? -1 : 1));
      this.#last.set(action, runs);
      this.#print(action, runs);
    }
    this.#waiting = left;
    // The slow ones come when they come.
    if (all && left.length > 0) this.#timer = setTimeout(() => this.#flush(true), PATIENCE_MS).unref();
  }

  #print(action: string, runs: readonly RunEvent[]): void {
    const { folder, hasKeys, full, terminal, print } = this.#options;
    const isShownWhole = (run: RunEvent): boolean => full || !isWell(run) || this.#hasChanged(run);
    const whole = runs.filter(isShownWhole);
    for (const run of runs) this.#before.set(keyOf(run), textOf(run));
    const wholeShown = this.#failuresOnly ? whole.filter((run) => !isWell(run)) : whole;
    for (const run of wholeShown) print(`${renderEvent(run, folder, hasKeys, terminal())}\n`);
    const well = runs.filter((run) => !whole.includes(run));
    if (well.length > 0 && !this.#failuresOnly) print(`${lineOf(action, well, runs.length, terminal())}\n`);
  }

  #hasChanged(run: RunEvent): boolean {
    const before = this.#before.get(keyOf(run));
    return before !== undefined && before !== textOf(run);
  }
}

export function isWell({ ok, outcome, scenario }: RunEvent): boolean {
  return ok && (outcome.status === "returned" || scenario !== null);
}

const keyOf = ({ action, scenario }: RunEvent): string => JSON.stringify([action, scenario]);
const textOf = ({ outcome }: RunEvent): string => JSON.stringify(stableOutcome(outcome));

function lineOf(action: string, well: readonly RunEvent[], all: number, { paint, columns }: Terminal): string {
  const words = [...new Set(well.map(({ outcome }) => cellWord({ outcome, alreadyHandedOff: false })))].join(", ");
  const isPlain = well.length === 1 && well[0]!.scenario === null;
  const count = isPlain
    ? ""
    : ` ${well.length}${well.length === all ? "" : ` of ${all}`} ${all === 1 ? "scenario" : "scenarios"}:`;
  const ms = Math.round(Math.max(...well.map(({ sinceSaveMs }) => sinceSaveMs)));
  const name = visibleLine(action);
  const text = wrap(`${name}${isPlain ? ":" : ""}${count} ${words} ${ms} ms`, columns - 2, "", "  ");
  const painted = text.startsWith(name) ? `${paint("bold", name)}${text.slice(name.length)}` : text;
  return `${paint("green", "✓")} ${painted.replaceAll("\n", "\n  ")}`;
}
