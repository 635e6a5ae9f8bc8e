/** Begins a conversation: whose context it starts from, on which channel; the context can be written on the spot. */
import { useEffect, useState } from "preact/hooks";
import type { ConversationView, SimulatedChannel } from "../../../author/simulator/history.ts";
import { Button, Choice, CodeEditor, Dialog, Mistake, Select } from "../../kit/index.ts";
import { api, chosenConversation, keepConversation, project } from "../store.ts";
import { isPending, useLoaded } from "../use-loaded.ts";
import { useContextCheck } from "../use-context-check.ts";
import { useWork } from "../work.ts";

const CHANNELS = [
  { value: "phone", label: "Phone" },
  { value: "chat", label: "Chat" },
  { value: "email", label: "E-mail" },
] as const;

export function NewConversation({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog title="New conversation" open={open} onClose={onClose}>
      <Form onClose={onClose} />
    </Dialog>
  );
}

function Form({ onClose }: { readonly onClose: () => void }) {
  const { actions = [], contexts = [] } = project.value ?? {};
  const sources = [
    ...actions.map(({ path }) => ({ value: `action=${path}`, label: `the context of ${path}` })),
    ...contexts.map((path) => ({ value: `path=${path}`, label: path })),
  ];
  const [source, setSource] = useState(sources[0]?.value ?? "");
  const [channel, setChannel] = useState<SimulatedChannel>("phone");
  const [written, setWritten] = useState<string | null>(null);
  const [isWriting, setWriting] = useState(false);
  const at = source.indexOf("=");
  const query = source === "" ? null : new URLSearchParams({ [source.slice(0, at)]: source.slice(at + 1) });
  const path = query === null ? null : `${query.has("action") ? "/api/context-of" : "/api/context"}?${query}`;
  const loaded = useLoaded<{ readonly context?: unknown; readonly text?: string }>(path);
  const text = written ?? loaded.value?.text ?? JSON.stringify(loaded.value?.context ?? {}, null, 2);
  const { mistakes, schema } = useContextCheck(isWriting ? text : null);
  useEffect(() => setWritten(null), [source]);
  const work = useWork();
  const begin = (): void =>
    work.do(async () => {
      const context: unknown = JSON.parse(text);
      const view = await api.post<ConversationView>("/api/conversations", { context, channel });
      keepConversation(view);
      chosenConversation.value = view.id;
      onClose();
    });
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <Choice label="Channel" value={channel} options={CHANNELS} onChange={setChannel} />
      {sources.length > 0 && <Select label="It begins with" value={source} options={sources} onChange={setSource} />}
      <details open={isWriting} onToggle={(event) => setWriting(event.currentTarget.open)}>
        <summary>Write the context yourself</summary>
        {isWriting && !isPending(loaded) && (
          <CodeEditor label="Context" text={text} onChange={setWritten} mistakes={mistakes} schema={schema} />
        )}
      </details>
      <Mistake text={work.mistake ?? loaded.mistake} />
      <div class="row">
        <Button
          type="submit"
          kind="primary"
          disabled={work.isBusy || mistakes.length > 0 || (loaded.value === null && written === null)}
        >
          Begin
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}
