/** `console.table`: rows and columns of an object of objects, drawn with boxes. An empty text where the data is no table. */
const INDEX = "(index)";
const VALUES = "Values";
const MAX_ROWS = 1_000;

export function table(data: unknown, columns: unknown, show: (value: unknown) => string): string {
  if (typeof data !== "object" || data === null) return "";
  const pairs = isMap(data) ? [...data] : isSet(data) ? [...data].map((value, at) => [at, value]) : null;
  if (pairs) return drawPairs(pairs as [unknown, unknown][], isMap(data), show);
  const keys = Object.keys(data).slice(0, MAX_ROWS);
  const names: string[] = Array.isArray(columns) ? columns.map(String) : [];
  const rows: { index: string; cells: Record<string, string>; value: string }[] = [];
  let hasValues = false;
  for (const key of keys) {
    const row: unknown = (data as Record<string, unknown>)[key];
    const cells: Record<string, string> = { __proto__: null } as never;
    const primitive = row === null || (typeof row !== "object" && typeof row !== "function");
    if (primitive) hasValues = true;
    else {
      for (const name of Array.isArray(columns) ? names : Object.keys(row)) {
        if (!names.includes(name)) names.push(name);
        if (Object.hasOwn(row, name)) cells[name] = show((row as Record<string, unknown>)[name]);
      }
    }
    rows.push({ index: key, cells, value: primitive ? show(row) : "" });
  }
  const head = [INDEX, ...names, ...(hasValues ? [VALUES] : [])];
  return draw(head, rows.map(({ index, cells, value }) => [index, ...names.map((name) => cells[name] ?? ""), ...(hasValues ? [value] : [])])); // prettier-ignore
}

function drawPairs(pairs: readonly [unknown, unknown][], keyed: boolean, show: (value: unknown) => string): string {
  const rows = pairs
    .slice(0, MAX_ROWS)
    .map(([key, value], at) => [String(at), ...(keyed ? [show(key)] : []), show(value)]);
  return draw(["(iteration index)", ...(keyed ? ["Key"] : []), VALUES], rows);
}

function draw(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => width(row[at] ?? ""))) + 2);
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((size) => "─".repeat(size)).join(middle) + right;
  const line = (row: readonly string[]) =>
    `│${row.map((cell, at) => ` ${cell}${" ".repeat(widths[at]! - width(cell) - 1)}`).join("│")}│`;
  return [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤"), ...rows.map(line), rule("└", "┴", "┘")].join("\n");
}

/** Columns on a screen: wide characters take two, marks none. */
function width(text: string): number {
  let columns = 0;
  for (const char of text.normalize("NFC")) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(char)) continue;
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return columns;
}

function isMap(value: object): value is Map<unknown, unknown> {
  return Object.prototype.toString.call(value) === "[object Map]" && value instanceof Map;
}

function isSet(value: object): value is Set<unknown> {
  return Object.prototype.toString.call(value) === "[object Set]" && value instanceof Set;
}
