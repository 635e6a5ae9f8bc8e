/**
 * The formatting half of `console`: Node's own way to show values, extracted from it by a package, and the methods that keep state.
 * It runs in the isolate under the run's limits; getters are shown, not called, and what cannot be shown is said so.
 */
import "../before-inspect.ts";
import { format, inspect } from "node-inspect-extracted";
import "../after-inspect.ts";
import type { Formatter, Log } from "../../../sandbox/guest/parts/plain-console.ts";
import { holdsShown } from "../shown.ts";
import { table } from "../table.ts";

interface Needs {
  readonly print: Log;
  readonly line: { indent: string };
  readonly now: () => number;
}

/** Past this a line is cut anyway. */
const MAX_STRING = 16_384;
const MAX_DEPTH = 20;
const MAX_NAMES = 1_000;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one formatter
export default function formatting({ print, line, now }: Needs): Formatter {
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  const show = (values: readonly unknown[]): string => safely(() => format(...(values as [unknown])));
  const elapsed = (label: string): string => `${label}: ${now() - timers.get(label)!}ms`;
  const warn = (text: string) => print("warn", text);
  const group = (...values: unknown[]): void => {
    if (values.length > 0) print("info", show(values));
    if (line.indent.length < 200) line.indent += "  ";
  };

  return {
    format: show,
    methods: {
      trace(...values) {
        const { stack = "" } = new Error();
        // Frames of the platform's own are in no stack that is read here.
        const own = stack.split("\n").slice(1);
        print(
          "debug",
          ["Trace", ...(values.length > 0 ? [`: ${show(values)}`] : [])].join("") +
            own.map((text) => `\n${text}`).join(""),
        );
      },
      dir(value, options) {
        const given =
          typeof options === "object" && options !== null ? (options as { depth?: unknown; showHidden?: unknown }) : {};
        const depth = given.depth === null ? MAX_DEPTH : Math.min(Number(given.depth ?? 2), MAX_DEPTH);
        const showHidden = Boolean(given.showHidden);
        print(
          "info",
          safely(() => inspect(value, { depth, showHidden, customInspect: holdsShown(value, depth) })),
        );
      },
      dirxml: (...values) => print("info", show(values)),
      table: (data, columns) => print("info", safely(() => table(data, columns, cell)) || show([data])),
      assert(condition, ...values) {
        if (condition) return;
        const [first, ...rest] = values;
        const text = typeof first === "string" ? show([`Assertion failed: ${first}`, ...rest]) : null;
        print("error", text ?? (values.length > 0 ? `Assertion failed ${show(values)}` : "Assertion failed"));
      },
      count(given = "default") {
        const label = String(given);
        if (counts.size > MAX_NAMES) counts.clear();
        counts.set(label, (counts.get(label) ?? 0) + 1);
        print("info", `${label}: ${counts.get(label)}`);
      },
      countReset(given = "default") {
        if (!counts.delete(String(given))) warn(`Count for '${String(given)}' does not exist`);
      },
      time(given = "default") {
        const label = String(given);
        if (timers.has(label)) return warn(`Label '${label}' already exists for console.time()`);
        if (timers.size < MAX_NAMES) timers.set(label, now());
      },
      timeLog(given = "default", ...values) {
        const label = String(given);
        if (!timers.has(label)) return warn(`No such label '${label}' for console.timeLog()`);
        print("info", [elapsed(label), ...(values.length > 0 ? [show(values)] : [])].join(" "));
      },
      timeEnd(given = "default") {
        const label = String(given);
        if (!timers.has(label)) return warn(`No such label '${label}' for console.timeEnd()`);
        print("info", elapsed(label));
        timers.delete(label);
      },
      group,
      groupCollapsed: group,
      groupEnd() {
        line.indent = line.indent.slice(2);
      },
      clear() {},
    },
  };

  function cell(value: unknown): string {
    const shallow = {
      maxArrayLength: 3,
      breakLength: Infinity,
      depth: typeof value === "object" && value !== null ? -1 : 0,
    };
    return inspect(value, { ...shallow, maxStringLength: MAX_STRING });
  }
}

/** A proxy's trap or a custom formatter may throw; a log line never does. */
function safely(work: () => string): string {
  try {
    return work();
  } catch {
    return "[not printable]";
  }
}
