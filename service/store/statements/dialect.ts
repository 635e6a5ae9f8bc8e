/** The two spellings of the few things that SQLite and PostgreSQL say differently. Every other statement is written once. */
export interface Dialect {
  readonly lock: string;
  /** Keeps a row from being deleted until the transaction ends, and from nothing else. */
  readonly keep: string;
  readonly each: (parameter: string) => string;
}

export const SQLITE: Dialect = {
  lock: "",
  keep: "",
  each: (parameter) => `select value from json_each(:${parameter})`,
};
export const POSTGRES: Dialect = {
  lock: "for update",
  keep: "for key share",
  each: (parameter) => `select jsonb_array_elements_text(cast(:${parameter} as jsonb))`,
};

export function spelled(text: string, dialect: Dialect): string {
  return text
    .replaceAll("{lock}", dialect.lock)
    .replaceAll("{keep}", dialect.keep)
    .replaceAll(/\{each:(\w+)\}/g, (_, name: string) => dialect.each(name));
}
