/** What the actions of a conversation run in: the clock, the environment, what the network answers; and the context that they are given. */
import { useEffect, useState } from "preact/hooks";
import type { ConversationView } from "../../../author/simulator/history.ts";
import { Button, Card, CodeEditor, JsonBlock, localTime, Mistake, Select, TextField } from "../../kit/index.ts";
import { project } from "../store.ts";
import { useWork } from "../work.ts";
import type { Work } from "../work.ts";
import { doIn } from "./deed.ts";

const ENVIRONMENTS = [
  { value: "production", label: "production: hand-offs happen" },
  { value: "test", label: "test: hand-offs are skipped" },
  { value: "mock", label: "mock: hand-offs are skipped" },
] as const;

export function Settings({ of, work }: { readonly of: ConversationView; readonly work: Work }) {
  return (
    <Card title="The world around it">
      <Clock of={of} />
      <Select
        label="Environment"
        value={of.environment}
        options={ENVIRONMENTS}
        onChange={(environment) => work.do(() => doIn(of, { do: "set", environment }))}
      />
      <Network of={of} />
      <details>
        <summary>The context that actions are given</summary>
        <JsonBlock value={of.context} label="The context" />
      </details>
    </Card>
  );
}

function Clock({ of }: { readonly of: ConversationView }) {
  const [text, setText] = useState(of.now);
  const [isTyped, setTyped] = useState(false);
  const work = useWork();
  useEffect(() => {
    if (!isTyped) setText(of.now);
  }, [of.now]);
  const set = (now: string | null): void => {
    setTyped(false);
    work.do(() => doIn(of, { do: "set", now }));
  };
  return (
    <div class="stack tight">
      <TextField
        label="The time, by the action's clock"
        value={text}
        mistake={work.mistake}
        hint={`It goes on from there. On this machine's clock: ${localTime(of.now)}.`}
        onInput={(typed) => {
          setTyped(true);
          setText(typed);
        }}
        onEnter={() => set(text)}
      />
      <div class="row">
        <Button onClick={() => set(text)} disabled={!isTyped}>
          Set the clock
        </Button>
        <Button kind="plain" onClick={() => set(null)}>
          Use the real time
        </Button>
      </div>
    </div>
  );
}

function Network({ of }: { readonly of: ConversationView }) {
  const wanted = of.history.flatMap((entry) => (entry.type === "run" ? entry.turn.unanswered : []));
  const [text, setText] = useState(() => JSON.stringify(of.http, null, 2));
  const [isOpen, setOpen] = useState(false);
  const work = useWork();
  const live = project.value?.live === true;
  const propose = (): void => {
    const answers = [...of.http, ...wanted.map(answerFor)];
    setText(JSON.stringify(answers, null, 2));
    setOpen(true);
  };
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What the network answers ({of.http.length})</summary>
      {isOpen && (
        <div class="stack">
          <p class="small quiet">
            {live
              ? "Without answers here, requests really go out (--live)."
              : "Nothing leaves this machine. Each request is answered by the first entry that matches, as in a scenario."}
          </p>
          {wanted.length > 0 && <Button onClick={propose}>Put in the requests that had no answer</Button>}
          <CodeEditor label="Answers of the network" text={text} onChange={setText} />
          <Mistake text={work.mistake} />
          <Button onClick={() => work.do(() => doIn(of, { do: "set", http: JSON.parse(text) as unknown }))}>
            Use these answers
          </Button>
        </div>
      )}
    </details>
  );
}

/** `GET https://…`, as the run named it. */
function answerFor(request: string) {
  const [method = "GET", url = "https://example.com/"] = request.split(" ");
  return { method, url, status: 200, json: {} };
}
