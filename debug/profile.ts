/** A CPU profile of V8's on the author's lines: what the action's script took is shown in the author's files, by their URLs. */
import { GREATEST_LOWER_BOUND, LEAST_UPPER_BOUND, TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { z } from "zod";
import type { ShownScript } from "./script.ts";

const callFrame = z.looseObject({
  functionName: z.string(),
  url: z.string(),
  lineNumber: z.int(),
  columnNumber: z.int(),
});
const positionTick = z.strictObject({ line: z.int(), ticks: z.int() });
/** Of what the debug process sent: an action that has broken out of its context may have had a hand in it. */
const cpuProfile = z.looseObject({
  nodes: z.array(z.looseObject({ id: z.int(), callFrame, positionTicks: z.array(positionTick).optional() })),
});

export type CpuProfile = z.infer<typeof cpuProfile>;
type ProfileNode = CpuProfile["nodes"][number];

export function ownProfile(measured: unknown, script: ShownScript): CpuProfile {
  const profile = cpuProfile.parse(measured);
  const map = new TraceMap(script.map);
  const nodes = profile.nodes.map((node) => (node.callFrame.url === script.url ? ownNode(node, map) : node));
  return { ...profile, nodes };
}

function ownNode(node: ProfileNode, map: TraceMap): ProfileNode {
  const { lineNumber, columnNumber } = node.callFrame;
  const place = placeOf(map, lineNumber + 1, columnNumber);
  if (place === null) return node;
  const own = { ...node.callFrame, url: place.source, lineNumber: place.line - 1, columnNumber: place.column };
  return { ...node, callFrame: own, positionTicks: ownTicks(node, map, place.source) };
}

/** By the author's lines; what has none there is counted where the function begins. */
function ownTicks({ positionTicks = [], callFrame: { lineNumber } }: ProfileNode, map: TraceMap, file: string) {
  const ticks = new Map<number, number>();
  const begin = placeOf(map, lineNumber + 1, 0)?.line ?? 1;
  for (const tick of positionTicks) {
    const place = placeOf(map, tick.line, 0);
    const line = place !== null && place.source === file ? place.line : begin;
    ticks.set(line, (ticks.get(line) ?? 0) + tick.ticks);
  }
  return [...ticks].map(([line, count]) => ({ line, ticks: count }));
}

interface Place {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** `line` counts from 1, `column` from 0. What stands between two mapped places belongs to the one before it on the line, or else to the next. */
function placeOf(map: TraceMap, line: number, column: number): Place | null {
  for (const bias of [GREATEST_LOWER_BOUND, LEAST_UPPER_BOUND] as const) {
    const found = originalPositionFor(map, { line, column, bias });
    if (found.source !== null) return { source: found.source, line: found.line, column: found.column };
  }
  return null;
}
