/** The bot's side: it calls an action with arguments, and says something, whether it may or not. */
import { useEffect, useState } from "preact/hooks";
import type { ConversationView } from "../../../author/simulator/history.ts";
import { Button, Card, Notice, Select, TextArea } from "../../kit/index.ts";
import { ArgsForm, type Args, type JsonSchema } from "../args-form.tsx";
import { project } from "../store.ts";
import { isPending, useLoaded } from "../use-loaded.ts";
import type { Work } from "../work.ts";
import { doIn } from "./deed.ts";
import { shownAction } from "./shown-action.ts";

interface SideProps {
  readonly of: ConversationView;
  readonly work: Work;
}

export function BotSide({ of, work }: SideProps) {
  const actions = project.value?.actions ?? [];
  const [chosen, setChosen] = useState(() => lastAction(of) ?? actions[0]?.path ?? "");
  return (
    <Card title="The bot">
      {actions.length === 0 ? (
        <Notice tone="warn">There is no action in this folder yet: a file that exports execute_action(context).</Notice>
      ) : (
        <>
          <Select
            label="Action"
            value={chosen}
            options={actions.map(({ path }) => ({ value: path, label: path }))}
            onChange={setChosen}
          />
          <Call key={chosen} of={of} work={work} action={chosen} />
        </>
      )}
      <Speak of={of} work={work} />
    </Card>
  );
}

interface SchemaAnswer {
  readonly schema: JsonSchema | null;
  readonly description: string | null;
}

function Call({ of, work, action }: SideProps & { readonly action: string }) {
  const asked = useLoaded<SchemaAnswer>(`/api/args-schema?${new URLSearchParams({ action })}`);
  const own = useLoaded<{ readonly context: { readonly args?: Args } }>(
    `/api/context-of?${new URLSearchParams({ action })}`,
  );
  const [args, setArgs] = useState<Args | null>(null);
  const shown = args ?? ownArgs(of, action) ?? own.value?.context.args ?? {};
  const isRunning = of.running !== null;
  // What is typed into a form that is not whole yet would take the place of what is still to come.
  if (isPending(asked) || isPending(own)) return <p class="quiet">Reading the action…</p>;
  const { value } = asked;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        work.do(() => doIn(of, { do: "run", action, args: shown }));
      }}
    >
      {value?.description != null && <p class="quiet small">{value.description}</p>}
      <ArgsForm schema={value?.schema ?? null} args={shown} onChange={setArgs} />
      <div class="row">
        <Button type="submit" kind="primary" disabled={isRunning}>
          {isRunning ? "Running…" : "Call the action"}
        </Button>
        {isRunning && <Button onClick={() => work.do(() => doIn(of, { do: "cancel" }))}>End it</Button>}
      </div>
    </form>
  );
}

function Speak({ of, work }: SideProps) {
  const [text, setText] = useState("");
  const last = of.history.findLast(({ type }) => type === "run");
  const suggested = last?.type === "run" ? messageOf(last.turn.outcome.returnValue) : null;
  const { id } = last ?? { id: 0 };
  // What the action returned is what a bot would most likely put into words.
  useEffect(() => {
    if (suggested !== null) setText(suggested);
  }, [id]);
  return (
    <form
      class="stack tight"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        work.do(async () => {
          await doIn(of, { do: "bot_says", text });
          setText("");
        });
      }}
    >
      <TextArea
        label="The bot says"
        value={text}
        onInput={setText}
        hint={of.botMay.speak ? of.botMay.why : `It must be silent. ${of.botMay.why}`}
      />
      <div class="row">
        <Button type="submit" kind={of.botMay.speak ? "normal" : "bad"}>
          {of.botMay.speak ? "Say it" : "Say it anyway"}
        </Button>
      </div>
    </form>
  );
}

function messageOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  const { message } = (value ?? {}) as { readonly message?: unknown };
  return typeof message === "string" ? message : null;
}

function lastAction({ history }: ConversationView): string | null {
  const last = history.findLast(({ type }) => type === "run");
  return last?.type === "run" ? shownAction(last.turn.action) : null;
}

/** What the action was called with last in this conversation. */
function ownArgs({ history }: ConversationView, action: string): Args | null {
  const last = history.findLast((entry) => entry.type === "run" && shownAction(entry.turn.action) === action);
  return last?.type === "run" ? ((last.turn.context as { readonly args?: Args }).args ?? null) : null;
}
