/** The humans' side: the telephone at the number that a call was transferred to, and the desk where conversations are taken and handed back. */
import { useEffect, useState } from "preact/hooks";
import type { ConversationView } from "../../../author/simulator/history.ts";
import { Button, Card, NumberField, Select, TextField } from "../../kit/index.ts";
import type { Work } from "../work.ts";
import { doIn } from "./deed.ts";

interface SideProps {
  readonly of: ConversationView;
  readonly work: Work;
}

const CARRIERS = [
  { value: "accepts", label: "connects it: the number rings" },
  { value: "refuses", label: "refuses it" },
  { value: "never_answers", label: "never answers" },
] as const;

export function HumanSide({ of, work }: SideProps) {
  const isBots = of.state === "bot";
  return (
    <Card title="The humans">
      {of.ringing !== null && <Ringing of={of} work={work} ringing={of.ringing} />}
      <div class="row">
        <Button onClick={() => work.do(() => doIn(of, { do: "take_over" }))} disabled={of.ringing !== null}>
          Take over
        </Button>
        <Button
          kind={isBots ? "normal" : "good"}
          disabled={isBots}
          onClick={() => work.do(() => doIn(of, { do: "hand_back" }))}
        >
          Hand back to the bot
        </Button>
      </div>
      {!isBots && <Speak of={of} work={work} />}
      {of.channel === "phone" && (
        <div class="stack tight">
          <Select
            label="Asked to transfer a call, the telephone company"
            value={of.carrier}
            options={CARRIERS}
            onChange={(carrier) => work.do(() => doIn(of, { do: "set", carrier }))}
          />
          <NumberField
            label="The number rings for, in seconds"
            min={1}
            max={600}
            step={1}
            value={of.ringSeconds}
            onInput={(seconds) => {
              if (seconds !== null && seconds >= 1 && seconds <= 600)
                work.do(() => doIn(of, { do: "set", ringSeconds: Math.round(seconds) }));
            }}
          />
        </div>
      )}
    </Card>
  );
}

const ANSWERS = [
  { how: "answers", label: "Answer", kind: "good" },
  { how: "declines", label: "Decline", kind: "bad" },
  { how: "busy", label: "Busy", kind: "normal" },
  { how: "voicemail", label: "Voicemail", kind: "normal" },
  { how: "no_answer", label: "Let it ring out", kind: "normal" },
] as const;

function Ringing({ of, work, ringing }: SideProps & { readonly ringing: NonNullable<ConversationView["ringing"]> }) {
  return (
    <div class="notice info stack tight" role="alertdialog" aria-label={`${ringing.number} is ringing`}>
      <p>
        <strong class="ringing">{ringing.number} is ringing.</strong> <Left ms={ringing.leftMs} />
      </p>
      <div class="row">
        {ANSWERS.map(({ how, label, kind }) => (
          <Button key={how} kind={kind} onClick={() => work.do(() => doIn(of, { do: "answer", how }))}>
            {label}
          </Button>
        ))}
      </div>
    </div>
  );
}

function Left({ ms }: { readonly ms: number }) {
  const [left, setLeft] = useState(ms);
  useEffect(() => {
    const start = performance.now();
    setLeft(ms);
    const timer = setInterval(() => setLeft(Math.max(0, ms - (performance.now() - start))), 500);
    return () => clearInterval(timer);
  }, [ms]);
  return <span class="small quiet">It stops in {Math.ceil(left / 1_000)} s.</span>;
}

function Speak({ of, work }: SideProps) {
  const [text, setText] = useState("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        work.do(async () => {
          await doIn(of, { do: "agent_says", text });
          setText("");
        });
      }}
    >
      <div class="grow">
        <TextField label="The human says" value={text} onInput={setText} />
      </div>
      <Button type="submit" class="at-end">
        Say
      </Button>
    </form>
  );
}
