/** A table of things that are alike. It scrolls by itself where it is wider than the page, and the keyboard can scroll it. */
import type { ComponentChildren } from "preact";

export interface Column<T> {
  readonly key: string;
  readonly label: string;
  readonly number?: boolean;
  readonly cell: (row: T) => ComponentChildren;
}

export function Table<T>(props: {
  readonly caption: string;
  readonly hideCaption?: boolean;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly empty?: string;
}) {
  const { columns, rows, keyOf } = props;
  return (
    <div class="scroll" role="region" aria-label={props.caption} tabIndex={0}>
      <table class="table">
        <caption class={props.hideCaption === true ? "hidden-text" : ""}>{props.caption}</caption>
        <thead>
          <tr>
            {columns.map(({ key, label, number }) => (
              <th key={key} scope="col" class={number === true ? "number" : ""}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ key, number, cell }) => (
                <td key={key} class={number === true ? "number" : ""}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={columns.length} class="quiet">
                {props.empty ?? "There are none."}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
