/**
 * `console`, made when an action first touches it: lines of text made inside the isolate, under its limits. Plain values are joined here;
 * whatever needs formatting loads the part that formats as Node does, and the calls that keep state (counts, timers, groups) are kept by it too.
 */
import type { Bridge } from "../bridge.d.ts";
import type { Door } from "../door.d.ts";
import type { Primordials } from "../primordials.ts";
import type { RunState } from "../run-state.ts";

type Level = "debug" | "info" | "warn" | "error";
export type Log = (level: Level, message: string) => void;

/** What the part "console" gives. */
export interface Formatter {
  format(values: readonly unknown[]): string;
  /** The methods that keep state or take options. */
  readonly methods: Readonly<Record<string, (...values: unknown[]) => void>>;
}

const MAX_LINE = 16_384;
const TAG = Symbol.toStringTag;

export default function plainConsole(door: Door, state: RunState, bridge: Bridge): object {
  const { cut, isoTime } = bridge.primordials;
  const line = { indent: "" };
  let formatter: Formatter | undefined;
  const print: Log = (level, text) => {
    if (state.phase === "ended" || typeof text !== "string") return;
    const shown = cut(line.indent === "" ? text : indented(text, line.indent), MAX_LINE);
    door("log", level, shown, isoTime(state.clock.now()));
  };
  const formatting = (): Formatter => {
    const load = () => bridge.loadPart("console") as (needs: object) => Formatter;
    return (formatter ??= load()({ print, line, now: () => state.clock.now() }));
  };
  const write = (level: Level, values: readonly unknown[]): void =>
    print(level, plain(values, bridge.primordials) ?? formatting().format(values));
  const keep = (name: string, values: readonly unknown[]): void => formatting().methods[name]!(...values);
  // Written out: V8 copies a literal, and would have to be given methods in a loop one by one.
  const console = {
    debug: (...values: unknown[]) => write("debug", values),
    log: (...values: unknown[]) => write("info", values),
    info: (...values: unknown[]) => write("info", values),
    warn: (...values: unknown[]) => write("warn", values),
    error: (...values: unknown[]) => write("error", values),
    trace: (...values: unknown[]) => keep("trace", values),
    dir: (...values: unknown[]) => keep("dir", values),
    dirxml: (...values: unknown[]) => keep("dirxml", values),
    table: (...values: unknown[]) => keep("table", values),
    assert: (...values: unknown[]) => keep("assert", values),
    count: (...values: unknown[]) => keep("count", values),
    countReset: (...values: unknown[]) => keep("countReset", values),
    time: (...values: unknown[]) => keep("time", values),
    timeLog: (...values: unknown[]) => keep("timeLog", values),
    timeEnd: (...values: unknown[]) => keep("timeEnd", values),
    group: (...values: unknown[]) => keep("group", values),
    groupCollapsed: (...values: unknown[]) => keep("groupCollapsed", values),
    groupEnd: (...values: unknown[]) => keep("groupEnd", values),
    clear: (...values: unknown[]) => keep("clear", values),
  };
  bridge.primordials.defineProperty(console, TAG, { __proto__: null, value: "console", configurable: true } as object);
  return console;
}

/** The line, if nothing in it needs formatting. */
function plain(values: readonly unknown[], { asString }: Primordials): string | null {
  let line = "";
  for (let index = 0; index < values.length && line.length <= MAX_LINE; index++) {
    const value = values[index];
    if (!isPlain(value)) return null;
    // A first argument with a percent sign may be a format.
    if (index === 0 && typeof value === "string" && values.length > 1 && hasPercent(value)) return null;
    line += (index === 0 ? "" : " ") + asString(value);
  }
  return line;
}

function isPlain(value: unknown): boolean {
  if (typeof value === "number") return value !== 0 || 1 / value > 0;
  return typeof value === "string" || typeof value === "boolean" || value === null || value === undefined;
}

function hasPercent(text: string): boolean {
  for (let index = 0; index < text.length && index < MAX_LINE; index++) if (text[index] === "%") return true;
  return false;
}

function indented(text: string, indent: string): string {
  let out = indent;
  for (let index = 0; index < text.length && out.length <= MAX_LINE; index++)
    out += text[index] === "\n" ? `\n${indent}` : text[index]!;
  return out;
}
