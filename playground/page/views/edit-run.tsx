/** A run once more with something changed: its arguments, its context, its clock, where it stood, what the network answers. */
import { useState } from "preact/hooks";
import type { Json } from "../../../sandbox/completion.ts";
import type { RunInputs, RunSummary } from "../../events.ts";
import {
  Button,
  Card,
  Check,
  CodeEditor,
  Empty,
  href,
  Mistake,
  Notice,
  PageHead,
  Select,
  TextField,
} from "../../kit/index.ts";
import { type Args, ArgsForm, type JsonSchema } from "../args-form.tsx";
import { api } from "../store.ts";
import { useContextCheck } from "../use-context-check.ts";
import { useLoaded } from "../use-loaded.ts";
import { useWork } from "../work.ts";
import type { WholeRun } from "../whole-run.ts";

export function EditRun({ id }: { readonly id: string }) {
  const query = new URLSearchParams({ id });
  const inputs = useLoaded<RunInputs>(`/api/run/inputs?${query}`);
  const run = useLoaded<WholeRun>(`/api/run?${query}`);
  const mistake = inputs.mistake ?? run.mistake;
  return (
    <>
      <PageHead title="Edit and run" />
      {mistake !== null && <Notice tone="bad">{mistake}</Notice>}
      {inputs.value !== null && run.value !== null ? (
        <Edit key={id} run={run.value} inputs={inputs.value} />
      ) : (
        mistake === null && <Empty>Loading…</Empty>
      )}
    </>
  );
}

interface EditProps {
  readonly run: WholeRun;
  readonly inputs: RunInputs;
}

// oxlint-disable-next-line eslint/max-lines-per-function -- the markup of one view
function Edit({ run: { summary }, inputs }: EditProps) {
  const [text, setText] = useState(() => JSON.stringify(inputs.context, null, 2));
  const [answers, setAnswers] = useState(() => JSON.stringify(inputs.http, null, 2));
  const [rest, setRest] = useState({ now: inputs.now, environment: inputs.environment, handedOff: inputs.handedOff });
  const { mistakes, schema } = useContextCheck(text);
  const work = useWork();
  const context = parsed(text);
  const http = parsed(answers);
  const isSound = context !== undefined && Array.isArray(http) && mistakes.length === 0;
  const go = (): void =>
    work.do(async () => {
      const body = { id: summary.id, context: context!, http, seed: inputs.seed, ...rest };
      const { run } = await api.post<{ readonly run: RunSummary }>("/api/run/edit", body);
      location.hash = href(["runs", String(run.id)]);
    });
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isSound) go();
      }}
    >
      <p>
        <code>{summary.action}</code> as it is now, with what{" "}
        <a href={href(["runs", String(summary.id)])}>run {summary.id}</a> was given, changed as you like.
      </p>
      <div class="columns even">
        <Card title="The call">
          <ArgsOf action={summary.action} context={context} onChange={setText} />
        </Card>
        <Card title="The run">
          <TextField
            label="The time, by the action's clock"
            value={rest.now}
            onInput={(now) => setRest({ ...rest, now })}
            hint="ISO 8601"
          />
          <Select
            label="Environment"
            value={rest.environment}
            options={(["production", "test", "mock"] as const).map((value) => ({ value, label: value }))}
            onChange={(environment) => setRest({ ...rest, environment })}
          />
          <Check
            label="The conversation was handed off before"
            checked={rest.handedOff}
            onChange={(handedOff) => setRest({ ...rest, handedOff })}
          />
        </Card>
      </div>
      <Card title="Context">
        <CodeEditor label="Context" text={text} onChange={setText} mistakes={mistakes} schema={schema} />
      </Card>
      <Card title={`What the network answers (${Array.isArray(http) ? http.length : "not a list"})`}>
        <CodeEditor label="What the network answers" text={answers} onChange={setAnswers} />
      </Card>
      <Mistake text={work.mistake} />
      <div class="row">
        <Button type="submit" kind="primary" disabled={!isSound || work.isBusy}>
          {work.isBusy ? "Running…" : "Run"}
        </Button>
        {!isSound && (
          <span class="small quiet" role="status">
            {Array.isArray(http) ? "The context has a mistake." : "What the network answers has to be a list, as JSON."}
          </span>
        )}
      </div>
    </form>
  );
}

interface ArgsOfProps {
  readonly action: string;
  readonly context: Json | undefined;
  readonly onChange: (context: string) => void;
}

/** The arguments stand in the context's text: the form reads them there and writes them there. */
function ArgsOf({ action, context, onChange }: ArgsOfProps) {
  const { value } = useLoaded<{ readonly schema: JsonSchema | null }>(`/api/args-schema?${new URLSearchParams({ action })}`);
  if (context === null || typeof context !== "object" || Array.isArray(context))
    return <p class="quiet">The context is no object as it stands: mend it below.</p>;
  const whole = context as { readonly args?: Args };
  const set = (args: Args): void => onChange(JSON.stringify({ ...whole, args }, null, 2));
  return <ArgsForm schema={value?.schema ?? null} args={whole.args ?? {}} onChange={set} />;
} // prettier-ignore

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
