/**
 * Text of unknown origin, made safe and readable on a terminal: control characters, escape sequences and characters that
 * turn the writing direction are shown as escapes, and lines are broken at the terminal's width.
 */
import stringWidth from "string-width";

// C0 except tab and newline, DEL and C1; marks that reorder or hide text; line separators; lone surrogates.
const UNSEEN =
  // oxlint-disable-next-line eslint/no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu;

/** What a reader takes for one character, such as a flag or a letter with its accent, is not cut in two. */
const CHARACTERS = new Intl.Segmenter();

/** Shows as `\x1b` what a terminal would obey. Line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** JSON text that means the same and holds nothing a terminal would obey. */
export function visibleJson(json: string): string {
  return json.replaceAll(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Breaks each line of `text` so that it fits in `columns`, with `indent` before every line and `hanging` more before continued ones. */
export function wrap(text: string, columns: number, indent = "", hanging = ""): string {
  return text
    .split("\n")
    .flatMap((line) => wrapLine(line, columns, indent, indent + hanging))
    .join("\n");
}

function wrapLine(line: string, columns: number, first: string, rest: string): string[] {
  const lines: string[] = [];
  let current = first;
  let room = columns - first.length;
  let empty = true;
  for (const word of line.split(" ")) {
    for (const [index, piece] of pieces(word, Math.max(columns - rest.length, 8)).entries()) {
      const width = stringWidth(piece);
      if (index > 0 || (!empty && width + 1 > room)) {
        lines.push(current);
        current = rest;
        room = columns - rest.length;
        empty = true;
      }
      current += empty ? piece : ` ${piece}`;
      room -= width + (empty ? 0 : 1);
      empty = false;
    }
  }
  lines.push(current);
  return lines;
}

/** A word that is wider than a whole line, cut. */
function pieces(word: string, room: number): string[] {
  if (word.length * 2 <= room || stringWidth(word) <= room) return [word];
  const cut: string[] = [];
  let piece = "";
  let width = 0;
  for (const { segment: character } of CHARACTERS.segment(word)) {
    const more = stringWidth(character);
    if (width + more > room) {
      cut.push(piece);
      piece = "";
      width = 0;
    }
    piece += character;
    width += more;
  }
  cut.push(piece);
  return cut;
}
