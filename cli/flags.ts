/**
 * Reads a command's arguments against its table of flags. Node's parseArgs splits them; the sentences are ours, so that each names
 * the flag, says what was expected and offers the nearest known name.
 */
import { parseArgs } from "node:util";
import type { Flag } from "./command.ts";
import { InputError } from "../author/input-error.ts";
import { nearest } from "../base/suggest.ts";
import { visibleLine } from "../author/text.ts";

export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: ReadonlyMap<string, string>;
  /** The values of flags that may be given more than once, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly switches: ReadonlySet<string>;
}

export function readArguments(args: readonly string[], flags: readonly Flag[]): Arguments {
  const known = new Map(flags.map((flag) => [flag.name, flag]));
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      flags.map(({ name, value }) => [name, { type: value ? "string" : "boolean" } as const]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const flag = known.get(token.name);
    if (flag === undefined || !token.rawName.startsWith("--")) throw unknownFlag(token.rawName, [...known.keys()]);
    if (flag.value === undefined) {
      if (token.value !== undefined) {
        if (flag.optionalValue === undefined) throw new InputError("BAD_FLAG", `--${flag.name} takes no value.`);
        values.set(flag.name, token.value);
      }
      switches.add(flag.name);
      continue;
    }
    if (token.value === undefined || token.value === "" || (!token.inlineValue && token.value.startsWith("--"))) {
      throw new InputError("BAD_FLAG", `--${flag.name} needs a value: --${flag.name} ${flag.value}.`);
    }
    if (flag.repeatable === true) {
      lists.set(flag.name, [...(lists.get(flag.name) ?? []), token.value]);
      continue;
    }
    if (values.has(flag.name)) throw new InputError("BAD_FLAG", `--${flag.name} is given twice.`);
    values.set(flag.name, token.value);
  }
  return { positionals, values, lists, switches };
}

function unknownFlag(rawName: string, known: readonly string[]): InputError {
  const near = nearest(rawName.replace(/^-+/, ""), known);
  const hint = near === null ? "--help shows those there are." : `did you mean --${near}?`;
  return new InputError("BAD_FLAG", `There is no flag ${visibleLine(rawName)}: ${hint}`);
}
