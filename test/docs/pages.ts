/** The pages that people read, as tests read them: their blocks, headings and links. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../cli/baton.ts";

export const PAGES: readonly string[] = [
  ...["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "fixtures/README.md"],
  ...globSync("docs/**/*.md", { cwd: ROOT }).map((path) => path.replaceAll("\\", "/")),
].toSorted();

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** For messages: the page and the line. */
  readonly place: string;
}

export const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");

export function blocks(language: string, pages: readonly string[] = PAGES): Block[] {
  return pages.flatMap((page) => {
    const text = read(page);
    return [...text.matchAll(/^```(\w+)[^\n]*\n([^]*?)^```$/gm)]
      .filter(([, found]) => found === language)
      .map((match) => ({
        page,
        language,
        text: match[2]!,
        place: `${page}:${text.slice(0, match.index).split("\n").length}`,
      }));
  });
}

export interface Link {
  readonly page: string;
  readonly target: string;
  /** The page it leads to, below the root. */
  readonly to: string;
  readonly anchor: string | null;
}

/** Links to files of ours, without those in blocks. */
export function links(page: string): Link[] {
  const prose = read(page)
    .replaceAll(/^```[^]*?^```$/gm, "")
    .replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor = null] = target.split("#");
      return { page, target, to: path === "" ? page : join(dirname(page), path), anchor };
    });
}

/** The anchors of a page's headings, as they are made of them wherever pages are shown. */
export function anchors(page: string): Set<string> {
  const prose = read(page).replaceAll(/^```[^]*?^```$/gm, "");
  const headings = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
