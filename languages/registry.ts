/** The languages of one runtime: by the name of a file, by what an artifact says it is, and each one's image, made once. */
import type { Image } from "../sandbox/index.ts";
import type { Language } from "./language.ts";

export interface Languages {
  readonly all: readonly Language[];
  /** The language of a file by its ending; the first one where no other claims it. */
  byFilename(filename: string): Language;
  /** Throws for an id that is none of these. */
  byId(id: string): Language;
  imageOf(language: Language): Image;
}

export function createLanguages(all: readonly [Language, ...Language[]]): Languages {
  const images = new Map<string, Image>();
  return {
    all,
    byFilename: (filename) => all.find(({ extensions }) => extensions.some((end) => filename.endsWith(end))) ?? all[0],
    byId(id) {
      const found = all.find((language) => language.id === id);
      if (found === undefined) throw new Error(`there is no language ${id}`);
      return found;
    },
    imageOf(language) {
      const made = images.get(language.id) ?? language.image();
      images.set(language.id, made);
      return made;
    },
  };
}
