/** One SQL statement for one question, in the spelling that SQLite and PostgreSQL share: `:name` for parameters. */

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;
export type SqlParameters = Readonly<Record<string, SqlValue>>;

/** Its parameters are the question's own fields unless it says otherwise; its rows become the answer. */
export interface SqlStatement<In = never, Out = unknown> {
  readonly text: string;
  readonly parameters?: (input: In) => SqlParameters;
  readonly read: (rows: readonly SqlRow[]) => Out;
}

export type SqlStatements = Readonly<Record<string, SqlStatement>>;

type Columns = Readonly<Record<string, string>>;

/** `table.column as "name"`, for each. */
export const selectList = (columns: Columns, table: string, prefix = ""): string =>
  Object.entries(columns)
    .map(([name, column]) => `${table}.${column} as "${prefix}${name}"`)
    .join(", ");
export const columnList = (columns: Columns): string => Object.values(columns).join(", ");
export const parameterList = (columns: Columns): string =>
  Object.keys(columns)
    .map((name) => `:${name}`)
    .join(", ");
export const assignments = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, column]) => `${column} = :${name}`)
    .join(", ");

export const someRow = (rows: readonly SqlRow[]): boolean => rows.length > 0;
export const noAnswer = (): void => {};
