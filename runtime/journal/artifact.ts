/** The artifact that a recording carries. Its map is read on the host, so it is looked at before it is used. */
import { z } from "zod";
import type { Artifact } from "../../languages/action.ts";
import type { Languages } from "../../languages/index.ts";
import { SourcePositions, indexPositions } from "../../languages/source-positions.ts";
import { type Recording, invalid } from "./recording.ts";

const mapSchema = z.looseObject({
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string().nullable()).optional(),
  mappings: z.string(),
});

/** Null where the recording has only the hash. Throws a HostFault for one that no compiler of ours made. */
export function artifactOf({ action }: Recording, languages: Languages): Artifact | null {
  const { artifact, hash, language, filename } = action;
  if (!languages.all.some(({ id }) => id === language))
    throw invalid(`"action.language" should be one of ${languages.all.map(({ id }) => id).join(", ")}`);
  if (artifact === undefined) return null;
  const { script, map, inputs } = artifact;
  return { ok: true, hash, language, filename, script, map, ...positionsOf(map), inputs, warnings: [] };
}

function positionsOf(map: string): Pick<Artifact, "positions"> {
  if (map === "") return {};
  try {
    mapSchema.parse(JSON.parse(map));
    // The entry point is looked for when an error asks for it.
    const { entry: _, ...index } = indexPositions(map, null);
    return { positions: new SourcePositions(map, { ...index, entry: undefined as unknown as null }) };
  } catch {
    throw invalid('"action.artifact.map" should be a source map');
  }
}
