/**
 * The position where text stops being JSON. V8 names the position for some mistakes only, and none of its wordings are promised; a person
 * who edits a context by hand needs the line and the column for every mistake.
 */
export interface JsonMistake {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const SPACE = /[ \t\n\r]*/y;
// Unrolled, so that a string of megabytes does not fill the stack of the regular expression.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y; // oxlint-disable-line eslint/no-control-regex
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Null if `text` is JSON. */
export function findJsonMistake(text: string): JsonMistake | null {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const takeText = (character: string): boolean => {
    take(SPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const missingInKey = (instead: string): string | null => {
    take(SPACE);
    if (!take(STRING)) return `a key in double quotes${instead}`;
    return takeText(":") ? null : '":"';
  };

  // The open brackets; each round of the loop reads one value, and then closes whatever ends after it.
  const open: ("}" | "]")[] = [];
  const mistake = (expected: string): JsonMistake => ({ ...positionOf(text, at), expected });
  for (;;) {
    take(SPACE);
    if (takeText("{")) {
      if (!takeText("}")) {
        open.push("}");
        const missing = missingInKey(' or "}"');
        if (missing !== null) return mistake(missing);
        continue;
      }
    } else if (takeText("[")) {
      if (!takeText("]")) {
        open.push("]");
        continue;
      }
    } else if (!take(STRING) && !take(SCALAR)) {
      return mistake("a value");
    }
    while (open.length > 0 && takeText(open.at(-1)!)) open.pop();
    const closing = open.at(-1);
    if (closing === undefined) {
      take(SPACE);
      return at === text.length ? null : mistake("nothing after the value");
    }
    if (!takeText(",")) return mistake(`"," or "${closing}"`);
    if (closing === "}") {
      const missing = missingInKey("");
      if (missing !== null) return mistake(missing);
    }
  }
}

function positionOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
