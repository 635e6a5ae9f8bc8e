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
const MAX_PLACES = 300;
/** Longer than any position. */
const BEGINNING = 48;
const NOWHERE = "<anonymous>";

export function ownTexts(bundle: Mapped): OwnTexts {
  const known = new Map<string, string>();
  const find = (line: number, column: number): string => {
    const key = `${line}:${column}`;
    let place = known.get(key);
    if (place === undefined) {
      if (known.size >= MAX_PLACES) return NOWHERE;
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
  const kept: string[] = [];
  let from = 0;
  let at = text.indexOf(NOWHERE);
  // A text may be nothing but line ends: only the lines that have the word are taken out and looked at.
  while (at !== -1) {
    const start = text.lastIndexOf("\n", at) + 1;
    const found = text.indexOf("\n", at);
    const end = found === -1 ? text.length : found;
    if (end - start <= LONGEST_OWN && OWN_FRAME.test(text.slice(start, end))) {
      kept.push(text.slice(from, found === -1 ? Math.max(from, start - 1) : start));
      from = found === -1 ? end : end + 1;
    }
    at = found === -1 ? -1 : text.indexOf(NOWHERE, end);
  }
  return from === 0 ? text : kept.join("") + text.slice(from);
}

const OWN_FRAME = /^\s{0,20}at (?:__\w{1,40} \(<anonymous>\)|<anonymous>)$/;
const LONGEST_OWN = 120;
