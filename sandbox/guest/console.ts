/** `console`: one line of text a call, made inside the isolate. */
import { asString, cut, defineProperty, stringify } from "./primordials.ts";

type Level = "debug" | "info" | "warn" | "error";
type Log = (level: Level, message: string) => void;

const MAX_LINE = 16_384;

export function installConsole(log: Log): void {
  const console = {};
  const levels: readonly (readonly [string, Level])[] = [
    ["debug", "debug"],
    ["log", "info"],
    ["info", "info"],
    ["warn", "warn"],
    ["error", "error"],
    ["trace", "debug"],
  ];
  for (const [name, level] of levels) {
    const method = { [name]: (...values: unknown[]): void => log(level, join(values)) }[name];
    defineProperty(console, name, { value: method, writable: true, enumerable: true, configurable: true });
  }
  defineProperty(globalThis, "console", { value: console, writable: true, enumerable: false, configurable: true });
}

function join(values: readonly unknown[]): string {
  let line = "";
  for (let index = 0; index < values.length && line.length <= MAX_LINE; index++)
    line += `${index === 0 ? "" : " "}${show(values[index])}`;
  return line.length > MAX_LINE ? `${cut(line, MAX_LINE)}…` : line;
}

function show(value: unknown): string {
  try {
    if (typeof value === "string") return value;
    if (typeof value !== "object" || value === null) return asString(value);
    return stringify(value) ?? asString(value);
  } catch {
    return "[not printable]";
  }
}
