/** An editor for JSON. CodeMirror comes in a file of its own, when an editor is first shown. */
import { useEffect, useId, useRef, useState } from "preact/hooks";

import type { EditorHandle, EditorMistake } from "./editor.ts";

export function CodeEditor(props: {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly mistakes?: readonly EditorMistake[] | undefined;
  readonly schema?: Readonly<Record<string, unknown>> | undefined;
}) {
  const id = useId();
  const parent = useRef<HTMLDivElement>(null);
  const handle = useRef<EditorHandle | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let isGone = false;
    import("./code-mirror.ts")
      .then(({ openEditor }) => {
        if (isGone || parent.current === null) return;
        const { text, label, schema, mistakes = [] } = latest.current;
        const onChange = (changed: string): void => latest.current.onChange(changed);
        handle.current = openEditor({ parent: parent.current, text, label, schema, onChange });
        handle.current.setMistakes(mistakes);
      })
      .catch(() => setFailed(true));
    return () => {
      isGone = true;
      handle.current?.destroy();
    };
  }, []);
  useEffect(() => handle.current?.setText(props.text), [props.text]);
  useEffect(() => handle.current?.setMistakes(props.mistakes ?? []), [props.mistakes]);
  if (failed) {
    return (
      <textarea
        class="input mono"
        rows={16}
        aria-label={props.label}
        value={props.text}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
    );
  }
  const { mistakes = [] } = props;
  return (
    <div class="stack tight">
      <div class="editor" ref={parent} aria-describedby={`${id}-mistakes`} />
      <div id={`${id}-mistakes`} class="small" role="status">
        {mistakes.length > 0 && (
          <ul style={{ margin: 0, paddingLeft: "1.2em" }}>
            {mistakes.map(({ line, column, message }) => (
              <li key={`${line}:${column}:${message}`}>
                Line {line}, column {column}: {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
