/**
 * The areas of the web-platform-tests' data files, each run in the guest and in plain Node. A case is right if it gives what the file says;
 * Node's own figure in the same run says what can be asked for.
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { startBoth } from "./both.ts";

export interface Figure {
  readonly area: string;
  readonly cases: number;
  readonly guest: number;
  readonly node: number;
}

interface Case {
  readonly input: unknown;
  readonly expected: unknown;
}

interface Area {
  readonly name: string;
  readonly files: readonly string[];
  read(data: never): Case[];
  /** A function body over one input. */
  readonly lines: string;
}

type Row = Readonly<Record<string, unknown>>;
const rows = (data: unknown[]): Row[] => data.filter((row): row is Row => typeof row === "object" && row !== null);
const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

const AREAS: readonly Area[] = [
  {
    name: "URL",
    files: ["url/urltestdata.json"],
    read: (data: unknown[]) =>
      rows(data).map((row) => ({
        input: [row["input"], row["base"], "origin" in row],
        expected:
          row["failure"] === true ? null : [...PARTS, ...("origin" in row ? ["origin"] : [])].map((part) => row[part]),
      })),
    lines: `const [text, base, origin] = input;
      if (!URL.canParse(text, base ?? undefined)) return null;
      const url = new URL(text, base ?? undefined);
      return [${PARTS.map((part) => `url.${part}`).join()}, ...(origin ? [url.origin] : [])];`,
  },
  {
    name: "URL setters",
    files: ["url/setters_tests.json"],
    read: (data: Record<string, Row[]>) =>
      Object.entries(data)
        .filter(([part]) => part !== "comment")
        .flatMap(([part, cases]) =>
          cases.map((row) => {
            const expected = row["expected"] as Record<string, string>;
            return {
              input: [row["href"], part, row["new_value"], Object.keys(expected)],
              expected: Object.values(expected),
            };
          }),
        ),
    lines: `const [href, part, value, shown] = input; const url = new URL(href); url[part] = value; return shown.map((name) => url[name]);`,
  },
  {
    name: "IDNA",
    files: ["url/IdnaTestV2.json", "url/toascii.json"],
    read: (data: unknown[]) =>
      rows(data)
        // A URL without a host cannot be asked.
        .filter((row) => row["input"] !== "")
        .map((row) => ({ input: row["input"], expected: row["output"] })),
    lines: `const encoded = [...input].map((char) => (":/?#\\\\".includes(char) ? encodeURIComponent(char) : char)).join("");
      return URL.canParse("https://" + encoded + "/x") ? new URL("https://" + encoded + "/x").host : null;`,
  },
  {
    name: "percent-encoding (UTF-8)",
    files: ["url/percent-encoding.json"],
    read: (data: unknown[]) =>
      rows(data).map((row) => ({ input: row["input"], expected: [0, 1].map(() => (row["output"] as Row)["utf-8"]) })),
    lines: `const url = new URL("https://a.example/?" + input + "#" + input); return [url.search.slice(1), url.hash.slice(1)];`,
  },
  {
    name: "base64",
    files: ["base64/base64.json"],
    read: (data: [string, number[] | null][]) => data.map(([input, expected]) => ({ input, expected })),
    lines: `try { return [...atob(input)].map((char) => char.charCodeAt(0)); } catch { return null; }`,
  },
  {
    name: "MIME types",
    files: ["mimesniff/mime-types.json"],
    read: (data: unknown[]) =>
      rows(data)
        // A header cannot carry these, so nothing but a blob's own type could be asked.
        .filter((row) => /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(row["input"] as string))
        .map((row) => ({ input: row["input"], expected: row["output"] ?? "" })),
    lines: `return (await new Response("", { headers: { "content-type": input } }).blob()).type;`,
  },
];

export async function measure(folder: string): Promise<Figure[]> {
  await using both = startBoth();
  const figures: Figure[] = [];
  for (const area of AREAS) {
    const cases = area.files.flatMap((file) =>
      area.read(JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as never),
    );
    const lines = `const one = async (input) => { ${area.lines} }; const out = [];
      for (const given of input) { try { out.push(await one(given)); } catch (error) { out.push({ threw: String(error) }); } } return out;`;
    const inputs = cases.map(({ input }) => input);
    const right = (given: unknown) =>
      (given as unknown[]).filter((value, at) => isDeepStrictEqual(value, cases[at]!.expected)).length;
    const guest = right(await both.inGuest(lines, inputs));
    figures.push({ area: area.name, cases: cases.length, guest, node: right(await both.inNode(lines, inputs)) });
  }
  return figures;
}
