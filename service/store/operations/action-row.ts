/** The row of an action: which version is live, and how often that changed. */
export interface ActionRow {
  readonly action: string;
  readonly newest: number;
  readonly deployment: number;
  /** JSON list of `{ version, percent }`; null before the first. */
  readonly live: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}
