/**
 * Numbers of a JSON text that read as other ones: `1e400` as infinity, `1e-400` as nothing, digits past a double's precision. JavaScript writes none
 * of these by itself, but `JSON.rawJSON` and other languages do. A text may be made of numbers alone: most are judged by counting their digits.
 */

/** As many digits any number carries. */
const SAFE_DIGITS = 15;
/** Powers of ten that any double has, whatever its digits. */
const SAFE_POWER = 290;
/** As many digits a double can have at all. */
const MAX_DIGITS = 17;
const SHOWN = 40;

const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_E = 0x45;
const BACKSLASH = 0x5c;
const LETTER_SMALL_E = 0x65;

/** What every number that is lost has somewhere: an exponent, or more digits than any number carries. Most results have neither, in texts included. */
const MAY_BE_LOST = /[\d.]{16}|\d[eE]/;

/** The first of them in a well-formed text; null where there is none. */
export function lostNumber(json: string): string | null {
  if (!MAY_BE_LOST.test(json)) return null;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === MINUS || isDigit(code)) {
      let end = at + 1;
      while (end < json.length && isNumeric(json.charCodeAt(end))) end++;
      if (!isPlain(json, at, end) && isLost(json.slice(at, end))) return json.slice(at, Math.min(end, at + SHOWN));
      at = end - 1;
    }
  }
  return null;
}

/** So few digits, so near to the point, that any double has them. */
function isPlain(json: string, start: number, end: number): boolean {
  let digits = 0;
  let places = 0;
  let at = start;
  for (; at < end; at++) {
    const code = json.charCodeAt(at);
    if (code === LETTER_E || code === LETTER_SMALL_E) break;
    if (!isDigit(code)) continue;
    places++;
    if (digits > 0 || code !== ZERO) digits++;
  }
  if (digits > SAFE_DIGITS || places > SAFE_POWER / 2) return false;
  // Of an exponent, three digits after its sign are enough to tell.
  if (end - at > 5) return false;
  const power = at === end ? 0 : Number(json.slice(at + 1, end));
  return Math.abs(power) <= SAFE_POWER / 2;
}

function isLost(text: string): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return true;
  const read = String(value);
  if (read === text) return false;
  const asked = decimalOf(text);
  // Not the shortest way to write it, and still all of its digits.
  return decimalOf(read) !== asked && decimalOf(value.toPrecision(MAX_DIGITS)) !== asked;
}

/** Digits without zeros around them, and the power of ten behind the last one. */
function decimalOf(text: string): string {
  const sign = text.charCodeAt(0) === MINUS ? 1 : 0;
  let mark = text.length;
  let point = -1;
  for (let at = sign; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === POINT) point = at;
    else if (code === LETTER_E || code === LETTER_SMALL_E) {
      mark = at;
      break;
    }
  }
  const power = mark === text.length ? 0 : Number(text.slice(mark + 1));
  const digits = point === -1 ? text.slice(sign, mark) : text.slice(sign, point) + text.slice(point + 1, mark);
  let first = 0;
  while (first < digits.length && digits.charCodeAt(first) === ZERO) first++;
  let last = digits.length;
  while (last > first && digits.charCodeAt(last - 1) === ZERO) last--;
  if (last === first) return "0";
  const behind = point === -1 ? 0 : mark - point - 1;
  return `${sign === 1 ? "-" : ""}${digits.slice(first, last)}e${power - behind + digits.length - last}`;
}

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** Of what JSON numbers are made of. */
const isNumeric = (code: number): boolean =>
  isDigit(code) || code === MINUS || code === POINT || code === PLUS || code === LETTER_E || code === LETTER_SMALL_E;

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
