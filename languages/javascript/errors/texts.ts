/**
 * Positions of V8 in the texts that an action makes of stacks, in its log, its result and its reasons, become the author's own. The texts are
 * hostile: what each costs is bounded by its length, and the number of places that are looked up in one run has a limit.
 */
import { SCRIPT_NAME } from "../../action.ts";
import { printable } from "../../code-frame.ts";
import type { OwnTexts } from "../../language.ts";
import type { Mapped } from "./stack.ts";
import { positionsOf } from "./stack.ts";

const PLACE = new RegExp(`${SCRIPT_NAME}:(\\d{1,9}):(\\d{1,9})`, "g");
/** The beginning of a position, at the end of a text. */
const CUT_OFF = /\(?baton:(?:a(?:c(?:t(?:i(?:o(?:n(?::[\d:]*)?)?)?)?)?)?)?$/;
/** Looking one up takes some microseconds; all of them together stay within a few milliseconds. */
const MOST_PLACES = 300;
/** Longer than any position. */
const BEGINNING = 48;
const NOWHERE = "<anonymous>";

export function ownTexts(bundle: Mapped): OwnTexts {
  const known = new Map<string, string>();
  const find = (line: number, column: number): string => {
    const key = `${line}:${column}`;
    let place = known.get(key);
    if (place === undefined) {
      if (known.size >= MOST_PLACES) return NOWHERE;
      const found = line === 0 ? null : positionsOf(bundle).find(line, Math.max(0, column - 1));
      const isKnown = found !== null && found.file !== "unknown";
      place = isKnown ? `${printable(found.file)}:${found.line}:${found.column}` : NOWHERE;
      known.set(key, place);
    }
    return place;
  };
  const map = (text: string): string =>
    text.includes(SCRIPT_NAME)
      ? withoutOwnFrames(text.replace(PLACE, (_, line: string, column: string) => find(Number(line), Number(column))))
      : text;
  return {
    map,
    mapCut: (text) => map(text.slice(-BEGINNING).includes("baton:") ? text.replace(CUT_OFF, "…") : text),
  };
}

/** Lines of frames that lead nowhere in the author's files, such as those of what joins modules. */
function withoutOwnFrames(text: string): string {
  if (!text.includes(NOWHERE)) return text;
  return text
    .split("\n")
    .filter((line) => !/^\s{0,20}at (?:__\w{1,40} \(<anonymous>\)|<anonymous>)$/.test(line))
    .join("\n");
}
