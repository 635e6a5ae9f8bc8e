/** The contexts of the project, each in an editor that is checked against the runtime's own schema as it is typed. */
import { useEffect, useState } from "preact/hooks";
import {
  Button,
  Card,
  CodeEditor,
  Empty,
  href,
  Mistake,
  Notice,
  PageHead,
  Select,
  TextField,
} from "../../kit/index.ts";
import { EditorLink } from "../editor-link.tsx";
import { api, project, saves } from "../store.ts";
import { useContextCheck } from "../use-context-check.ts";
import { useLoaded } from "../use-loaded.ts";
import { useWork } from "../work.ts";

export function Contexts({ chosen }: { readonly chosen: string | null }) {
  const contexts = project.value?.contexts ?? [];
  const path = chosen ?? contexts[0] ?? null;
  return (
    <>
      <PageHead title="Contexts" />
      {contexts.length > 0 && path !== null && (
        <Select
          label="Context"
          value={path}
          options={[...new Set([...contexts, path])].map((each) => ({ value: each, label: each }))}
          onChange={(each) => (location.hash = href(["contexts"], { path: each }))}
        />
      )}
      {path === null ? <Empty>There is no context in this project yet.</Empty> : <Edit key={path} path={path} />}
      <NewContext from={path} />
    </>
  );
}

function Edit({ path }: { readonly path: string }) {
  const { value, mistake } = useLoaded<{ readonly text: string }>(
    `/api/context?${new URLSearchParams({ path })}`,
    saves.value,
  );
  const [text, setText] = useState<string | null>(null);
  const work = useWork();
  const shown = text ?? value?.text ?? "";
  const { mistakes, schema } = useContextCheck(value === null ? null : shown);
  const isChanged = text !== null && value !== null && text !== value.text;
  // A save, of this page or elsewhere, is what the editor shows from then on, unless something else has been typed.
  useEffect(() => {
    if (value !== null && text === value.text) setText(null);
  }, [value]);
  const save = (): void => work.do(() => api.post("/api/context", { path, text: shown, create: false }));
  return (
    <Card title={path} actions={<EditorLink file={path} place={null} />}>
      {mistake !== null && <Notice tone="bad">{mistake}</Notice>}
      {value !== null && (
        <CodeEditor label={path} text={shown} onChange={setText} mistakes={mistakes} schema={schema} />
      )}
      <Mistake text={work.mistake} />
      <div class="row">
        <Button kind="primary" onClick={save} disabled={!isChanged || mistakes.length > 0 || work.isBusy}>
          Save
        </Button>
        <span class="small quiet" role="status">
          {mistakes.length > 0
            ? "It is saved once it has no mistakes."
            : isChanged
              ? "Changed; not saved yet."
              : "As it is in the file."}
        </span>
      </div>
    </Card>
  );
}

function NewContext({ from }: { readonly from: string | null }) {
  const [path, setPath] = useState("");
  const work = useWork();
  const create = (): void =>
    work.do(async () => {
      const source =
        from === null
          ? null
          : await api.get<{ readonly text: string }>(`/api/context?${new URLSearchParams({ path: from })}`);
      await api.post("/api/context", { path, text: source?.text ?? '{\n  "args": {}\n}\n', create: true });
      location.hash = href(["contexts"], { path });
      setPath("");
    });
  return (
    <Card title="A new context">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          create();
        }}
      >
        <div class="grow">
          <TextField
            label="Its file"
            value={path}
            onInput={setPath}
            placeholder="contexts/vip.json"
            mistake={work.mistake}
            hint={from === null ? "It begins empty." : `It begins as a copy of ${from}.`}
          />
        </div>
        <Button type="submit" disabled={path.trim() === "" || work.isBusy}>
          Create
        </Button>
      </form>
    </Card>
  );
}
