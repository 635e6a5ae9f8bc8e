/** Saves a conversation as a scenario file, and says whether `baton test` passes it. */
import { useState } from "preact/hooks";
import type { ConversationView } from "../../../author/simulator/history.ts";
import { Button, Check, Dialog, Mistake, Notice, TextField } from "../../kit/index.ts";
import { api } from "../store.ts";
import { useWork } from "../work.ts";
import { shownAction } from "./shown-action.ts";

interface Saved {
  readonly file: string;
  readonly result: {
    readonly ok: boolean;
    readonly passed: number;
    readonly failed: number;
    readonly failures: readonly { readonly scenario: string | null; readonly path: string; readonly message: string }[];
  };
}

export function SaveDialog(props: {
  readonly of: ConversationView;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title="Save as a scenario" open={props.open} onClose={props.onClose}>
      <Form of={props.of} onClose={props.onClose} />
    </Dialog>
  );
}

function Form({ of, onClose }: { readonly of: ConversationView; readonly onClose: () => void }) {
  const [file, setFile] = useState(() => nameFor(of));
  const [replace, setReplace] = useState(false);
  const [saved, setSaved] = useState<Saved | null>(null);
  const work = useWork();
  const count = of.history.filter(({ type }) => type === "run").length;
  const save = (): void =>
    work.do(async () => setSaved(await api.post<Saved>("/api/conversation/save", { id: of.id, file, replace })));
  if (saved !== null) return <Result saved={saved} onClose={onClose} />;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <p>
        {count === 1
          ? "The action that ran becomes a scenario"
          : `Each of the ${count} actions that ran becomes a scenario`}
        , with the context, the clock and the answers that it had, and with its outcome as what is expected.
      </p>
      <TextField
        label="File, beside the first action"
        value={file}
        onInput={setFile}
        hint="Ends in .scenario.yaml or .scenario.json."
      />
      <Check label="Replace it if it is there" checked={replace} onChange={setReplace} />
      <Mistake text={work.mistake} />
      <div class="row">
        <Button type="submit" kind="primary" disabled={work.isBusy}>
          {work.isBusy ? "Saving…" : "Save"}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}

function Result({ saved: { file, result }, onClose }: { readonly saved: Saved; readonly onClose: () => void }) {
  return (
    <div class="stack">
      <Notice
        tone={result.ok ? "good" : "bad"}
        title={result.ok ? "Saved, and baton test passes it." : "Saved, but baton test does not pass it."}
        alert
      >
        <code>{file}</code>: {result.passed} of {result.passed + result.failed} passed.
      </Notice>
      {result.failures.length > 0 && (
        <ul>
          {result.failures.map(({ scenario, path, message }) => (
            <li key={`${scenario} ${path} ${message}`}>
              {scenario}: {path}: {message}
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}

function nameFor(of: ConversationView): string {
  const first = of.history.find(({ type }) => type === "run");
  const path = first?.type === "run" ? shownAction(first.turn.action) : "conversation";
  const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]+$/, "");
  return `${stem}.${of.channel}-${of.id}.scenario.yaml`;
}
