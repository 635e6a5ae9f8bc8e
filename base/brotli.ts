/**
 * Node's Brotli decoder, and whether hostile bytes may reach it: in versions 1.0.3 to 1.2.0 of the library a malformed stream writes past
 * the end of a buffer (CVE-2026-111497). Node's releases of 2026-10-21 carry the mend. Where the mend is missing nothing of ours decodes
 * Brotli that came from an action or a server. The encoder is not concerned.
 */

/** The first release of each line that has the mend; later lines began after it. */
const MENDED_NODE: Readonly<Record<number, string>> = { 22: "22.23.4", 24: "24.22.1", 26: "26.12.1" };
/** The same for the library, by its minor version: a Node that is built against the system's own has that one's holes. */
const MENDED_BROTLI: Readonly<Record<string, string>> = { "1.0": "1.0.10", "1.1": "1.1.1", "1.2": "1.2.1" };
const LAST_LINE = 26;
const LAST_MINOR = 2;

export interface BrotliFacts {
  readonly node: string;
  readonly brotli: string | undefined;
  /** Whether Node uses the system's library in the place of the one that it carries. */
  readonly isShared: boolean;
}

export function brotliFacts(): BrotliFacts {
  const { node, brotli } = process.versions as { node: string; brotli?: string };
  const { variables } = process.config as { variables?: Record<string, unknown> };
  const shared = variables?.["node_shared_brotli"];
  return { node, brotli, isShared: shared === true || shared === "true" };
}

/** Without a sign of the mend the answer is no: a release candidate or a backport that nothing announces counts as open. */
export function mayDecodeBrotli({ node, brotli = "", isShared }: BrotliFacts = brotliFacts()): boolean {
  return hasMendedBrotli(brotli) || (!isShared && hasMendedNode(node));
}

export const BROTLI_OFF = "Brotli is not decoded: the decoder of this Node has a known hole (CVE-2026-111497)";

function hasMendedNode(version: string): boolean {
  const line = Number.parseInt(version, 10);
  const mended = MENDED_NODE[line];
  return line > LAST_LINE || (mended !== undefined && isFrom(mended, version));
}

function hasMendedBrotli(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const mended = MENDED_BROTLI[`${major}.${minor}`];
  return major > 1 || (major === 1 && minor > LAST_MINOR) || (mended !== undefined && isFrom(mended, version));
}

function isFrom(wanted: string, version: string): boolean {
  if (version.includes("-")) return false;
  const own = version.split(".").map(Number);
  for (const [index, number] of wanted.split(".").map(Number).entries()) {
    if (own[index] !== number) return (own[index] ?? 0) > number;
  }
  return true;
}
