/** CodeMirror with JSON, mistakes that come from the server, and completions from a JSON Schema. A file of its own, loaded when it is needed. */
import { autocompletion, closeBrackets, completionKeymap, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { EditorHandle, EditorMistake, EditorSetup } from "./editor.ts";

const LOOK = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--text)", maxHeight: "32rem" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.87rem" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--muted)", border: "0" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { background: "var(--accent-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", border: "1px solid var(--line)", color: "var(--text)" },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
]);

export function openEditor({ parent, text, label, onChange, schema }: EditorSetup): EditorHandle {
  const nonce = document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.content ?? "";
  let isOurs = false;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        json(),
        syntaxHighlighting(COLOURS),
        autocompletion({ override: [(context) => completions(context, schema)] }),
        // Tab leaves the editor: the keyboard must not be caught in it.
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        LOOK,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged && !isOurs) onChange(state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(next) {
      if (next === view.state.doc.toString()) return;
      isOurs = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
      isOurs = false;
    },
    setMistakes(mistakes) {
      view.dispatch(
        setDiagnostics(
          view.state,
          mistakes.map((mistake) => placed(view.state, mistake)),
        ),
      );
    },
    destroy: () => view.destroy(),
  };
}

function placed({ doc }: EditorState, { line, column, message }: EditorMistake): Diagnostic {
  const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const from = Math.min(at.from + Math.max(0, column - 1), at.to);
  const value = /^(?:"(?:[^"\\]|\\.)*"|[^\s,\]}]+)/.exec(doc.sliceString(from, at.to))?.[0] ?? "";
  return { from, to: Math.min(from + Math.max(1, value.length), at.to), severity: "error", message };
}

type Schema = Readonly<Record<string, unknown>>;

/** The names of properties at the place of the cursor. */
function completions(context: CompletionContext, schema: Schema | undefined) {
  if (schema === undefined) return null;
  const word = context.matchBefore(/"[\w-]*/);
  if (word === null) return null;
  const below = schemaAt(schema, pathTo(context.state, word.from));
  const properties = below?.["properties"] as Readonly<Record<string, Schema>> | undefined;
  if (properties === undefined) return null;
  return {
    from: word.from,
    options: Object.entries(properties).map(([name, { description }]) => ({
      label: `"${name}"`,
      apply: `"${name}": `,
      type: "property",
      ...(typeof description === "string" && { info: description }),
    })),
  };
}

function pathTo(state: EditorState, at: number): string[] {
  const path: string[] = [];
  for (let node = syntaxTree(state).resolveInner(at, 1).parent; node !== null; node = node.parent) {
    if (node.name === "Array") path.unshift("[]");
    if (node.name !== "Property") continue;
    const name = node.getChild("PropertyName");
    // The property that is being named is not a part of its own path.
    if (name !== null && !(name.from <= at && at <= name.to)) path.unshift(state.sliceDoc(name.from + 1, name.to - 1));
  }
  return path;
}

function schemaAt(schema: Schema, path: readonly string[]): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const name of path) {
    const options = [at, ...((at?.["anyOf"] as Schema[] | undefined) ?? [])] as (Schema | undefined)[];
    const next: (Schema | undefined)[] = options.map((each) =>
      name === "[]"
        ? (each?.["items"] as Schema | undefined)
        : (each?.["properties"] as Record<string, Schema>)?.[name],
    );
    at = next.find((each) => each !== undefined);
  }
  const choices = at?.["anyOf"] as Schema[] | undefined;
  return at?.["properties"] === undefined ? (choices?.find((each) => each["properties"] !== undefined) ?? at) : at;
}
