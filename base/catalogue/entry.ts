/** The shape of the catalogue of codes: sections of entries, each with what it means and what to do about it. */
export interface CatalogueEntry {
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface CatalogueSection {
  readonly title: string;
  readonly intro: string;
  readonly codes: Readonly<Record<string, CatalogueEntry>>;
}

export const entry = (meaning: string, remedy: string): CatalogueEntry => ({ meaning, remedy });
