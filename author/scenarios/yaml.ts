/**
 * YAML in a time that grows as its text does. The parser compares each key of a map with every other, and seeks what an alias stands for from
 * the top of the document: a file of 200 KB could keep `baton dev` busy for many seconds. Both are done here, once through.
 */
import { type Alias, LineCounter, type YAMLMap, isScalar, parseDocument, visit } from "yaml";

export type ReadYaml =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly mistake: string };

/** What aliases may stand for in all, and how many there may be. */
const MAX_ALIASES = 100;

export function parseYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    // The parser would copy the line of each mistake, and a line may be nothing but mistakes.
    prettyErrors: false,
    logLevel: "silent",
    uniqueKeys: false,
    lineCounter: lines,
  });
  const place = ({ range }: { range?: readonly number[] | null }): string => {
    const { line, col } = lines.linePos(range?.[0] ?? 0);
    return `at line ${line}, column ${col}`;
  };
  const [mistake] = document.errors;
  if (mistake !== undefined) return failed(`${mistake.message.split("\n", 1)[0]} ${place({ range: mistake.pos })}`);
  let aliases = 0;
  let found: string | null = null;
  visit(document, {
    Map: (_key, map: YAMLMap) => {
      const twice = keyGivenTwice(map);
      if (twice === null) return undefined;
      found = `Map keys must be unique ${place(twice)}`;
      return visit.BREAK;
    },
    Alias: (_key, alias: Alias) => {
      aliases += 1;
      if (aliases <= MAX_ALIASES) return undefined;
      found = `there are more than ${MAX_ALIASES} aliases ${place(alias)}`;
      return visit.BREAK;
    },
  });
  if (found !== null) return failed(found);
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** As the parser compares keys: by their values, whatever their spelling. */
function keyGivenTwice({ items }: YAMLMap): { range?: readonly number[] | null } | null {
  const known = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (known.has(key.value)) return key;
    known.add(key.value);
  }
  return null;
}

/** The first line of the parser's message, which ends in the place. */
function failed(message: string): ReadYaml {
  return { ok: false, mistake: (message.split("\n")[0] ?? "").replace(/[:.]$/, "") };
}
