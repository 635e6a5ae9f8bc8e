/**
 * The newest security releases of Node that this version of Baton knows, one for each line that it runs on: Node carries V8, and V8 is a wall.
 * A table in the source asks no network; it grows old with the version that it came with, and says so by its date.
 */

export interface SecurityRelease {
  readonly line: number;
  readonly version: string;
  /** The day it came out. */
  readonly date: string;
}

/** When the table was last compared with the announcements of the Node project. */
const RELEASES_KNOWN_ON = "2026-11-27";

export const SECURITY_RELEASES: readonly SecurityRelease[] = [
  { line: 24, version: "24.22.1", date: "2026-10-21" },
  { line: 26, version: "26.12.1", date: "2026-10-21" },
];

/** Odd lines end half a year after the next one begins. */
const ENDED_LINES: ReadonlySet<number> = new Set([25]);

export interface NodeStanding {
  readonly node: string;
  readonly v8: string;
  /** What is known to be wrong with running this version; null where nothing is. */
  readonly outdated: string | null;
}

export function nodeStanding(
  { node, v8 }: { readonly node: string; readonly v8: string } = process.versions,
  releases = SECURITY_RELEASES,
): NodeStanding {
  return { node, v8, outdated: whyOutdated(node, releases) };
}

function whyOutdated(node: string, releases: readonly SecurityRelease[]): string | null {
  const line = Number.parseInt(node, 10);
  if (ENDED_LINES.has(line)) return `Node ${line} gets no security releases any more (known on ${RELEASES_KNOWN_ON})`;
  const release = releases.find((each) => each.line === line);
  if (release === undefined || !isOlder(node, release.version)) return null;
  return `older than the security release ${release.version} of ${release.date} (known on ${RELEASES_KNOWN_ON})`;
}

/** A release candidate or a nightly build of a version comes before it. */
function isOlder(one: string, other: string): boolean {
  const [numbers, suffix] = split(one);
  const [wanted] = split(other);
  for (const [index, number] of wanted.entries()) {
    const own = numbers[index] ?? 0;
    if (own !== number) return own < number;
  }
  return suffix !== "";
}

function split(version: string): [numbers: number[], suffix: string] {
  const [numbers = "", ...suffix] = version.split("-");
  return [numbers.split(".").map(Number), suffix.join("-")];
}
