/** Links that open a file in the author's editor, at a line. The editor is chosen once; the link is the editor's own, so nothing is started by the server. */
import { signal } from "@preact/signals";
import { project } from "./store.ts";

export interface Place {
  /** As seen from the folder; null for the file that the link stands beside. */
  readonly file: string | null;
  readonly line: number;
  readonly column: number;
}

const EDITORS: Readonly<Record<string, (file: string, line: number, column: number) => string>> = {
  "VS Code": (file, line, column) => `vscode://file${file}:${line}:${column}`,
  Cursor: (file, line, column) => `cursor://file${file}:${line}:${column}`,
  Zed: (file, line, column) => `zed://file${file}:${line}:${column}`,
  JetBrains: (file, line, column) => `idea://open?file=${file}&line=${line}&column=${column}`,
  "Sublime Text": (file, line, column) => `subl://open?url=file://${file}&line=${line}&column=${column}`,
};

const chosen = signal(localStorage.getItem("editor") ?? "VS Code");

export function EditorLink({ file, place }: { readonly file: string; readonly place: Place | null }) {
  const { root = "" } = project.value ?? {};
  const { line = 1, column = 1 } = place ?? {};
  const inside = place?.file ?? file;
  // Windows has paths with a drive and backslashes; editors take slashes.
  const path = `${root.replaceAll("\\", "/")}/${inside}`.replace(/^(?!\/)/, "/");
  const make = EDITORS[chosen.value] ?? EDITORS["VS Code"]!;
  return (
    <span class="row small">
      <a class="target" href={make(encodeURI(path), line, column)}>
        Open {inside}
        {place === null ? "" : `:${line}`} in
      </a>
      <label>
        <span class="hidden-text">Editor</span>
        <select
          class="input"
          value={chosen.value}
          onChange={({ currentTarget: { value } }) => {
            chosen.value = value;
            localStorage.setItem("editor", value);
          }}
        >
          {Object.keys(EDITORS).map((name) => (
            <option key={name} value={name} selected={name === chosen.value}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </span>
  );
}

/** The first place that a stack, a message or a frame names: `fraud-review.ts:12:7`, or the marked line of a frame. */
export function placeIn(text: string): Place | null {
  const named = /\.(?:[mc]?[tj]s|py):(\d+)(?::(\d+))?/.exec(text);
  if (named !== null) return { file: null, line: Number(named[1]), column: Number(named[2] ?? 1) };
  const marked = /^>\s*(\d+)\s*\|/m.exec(text);
  return marked === null ? null : { file: null, line: Number(marked[1]), column: 1 };
}
