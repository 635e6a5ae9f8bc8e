/** The two spellings of the few things that SQLite and PostgreSQL say differently. Every other statement is written once. */
export interface Dialect {
  readonly lock: string;
  readonly each: (parameter: string) => string;
}

export const SQLITE: Dialect = { lock: "", each: (parameter) => `select value from json_each(:${parameter})` };
export const POSTGRES: Dialect = {
  lock: "for update",
  each: (parameter) => `select jsonb_array_elements_text(cast(:${parameter} as jsonb))`,
};

export function spelled(text: string, dialect: Dialect): string {
  return text.replaceAll("{lock}", dialect.lock).replaceAll(/\{each:(\w+)\}/g, (_, name: string) => dialect.each(name));
}
