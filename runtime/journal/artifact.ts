/** The artifact that a recording carries. Its map is read on the host, so it is looked at before it is used. */
import { z } from "zod";
import type { Artifact } from "../../languages/action.ts";
import type { Languages } from "../../languages/index.ts";
import { type EntryPlace, SourcePositions, indexPositions } from "../../languages/source-positions.ts";
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
  const { script, map, inputs, entry } = artifact;
  return { ok: true, hash, language, filename, script, map, ...positionsOf(map, entry), inputs, warnings: [] };
}

/** `entry` is absent where no compiler looked for it: then an error does that asks for it. */
function positionsOf(map: string, entry: EntryPlace | null | undefined): Pick<Artifact, "positions"> {
  if (map === "") return {};
  try {
    mapSchema.parse(JSON.parse(map));
    const index = indexPositions(map, entry ?? null);
    return entry === undefined ? {} : { positions: new SourcePositions(map, index) };
  } catch {
    throw invalid('"action.artifact.map" should be a source map');
  }
}
