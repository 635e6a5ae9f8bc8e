/** The customer's side: a chat, an e-mail, or a telephone with its keys, its clock and who is on the line. */
import { useEffect, useState } from "preact/hooks";
import type { CallerState, ConversationView } from "../../../author/simulator/history.ts";
import { Badge, Button, Card, Choice, clockTime, TextArea, TextField } from "../../kit/index.ts";
import type { Work } from "../work.ts";
import { doIn } from "./deed.ts";

interface SideProps {
  readonly of: ConversationView;
  readonly work: Work;
}

const CHANNELS = [
  { value: "chat", label: "Chat" },
  { value: "email", label: "E-mail" },
  { value: "phone", label: "Phone" },
] as const;

export function CustomerSide({ of, work }: SideProps) {
  const isOpen = of.caller !== "none" && of.caller !== "over";
  return (
    <Card title="The customer">
      <Choice
        label="Channel"
        value={of.channel}
        options={CHANNELS}
        onChange={(channel) => work.do(() => doIn(of, { do: "set", channel }))}
      />
      {of.channel === "phone" && <Telephone of={of} work={work} isOpen={isOpen} />}
      {of.channel === "email" && <Subject of={of} work={work} />}
      {(of.channel !== "phone" || isOpen) && <Say of={of} work={work} />}
    </Card>
  );
}

function Say({ of, work }: SideProps) {
  const [text, setText] = useState("");
  const send = (): void => {
    if (text.trim() === "") return;
    work.do(async () => {
      await doIn(of, { do: "customer_says", text });
      setText("");
    });
  };
  const label = of.channel === "phone" ? "The customer says" : "The customer writes";
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="grow">
        {of.channel === "email" ? (
          <TextArea label={label} value={text} onInput={setText} rows={4} />
        ) : (
          <TextField label={label} value={text} onInput={setText} />
        )}
      </div>
      <Button type="submit" class="at-end">
        {of.channel === "phone" ? "Say" : "Send"}
      </Button>
    </form>
  );
}

function Subject({ of, work }: SideProps) {
  const [text, setText] = useState(of.subject ?? "");
  return (
    <div class="row">
      <div class="grow">
        <TextField label="Subject" value={text} onInput={setText} />
      </div>
      <Button
        class="at-end"
        onClick={() => work.do(() => doIn(of, { do: "set", subject: text }))}
        disabled={text === (of.subject ?? "")}
      >
        Set
      </Button>
    </div>
  );
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
const LETTERS: Readonly<Record<string, string>> = {
  ...{ "2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ", "0": "+" },
};

function Telephone({ of, work, isOpen }: SideProps & { readonly isOpen: boolean }) {
  return (
    <div class="telephone">
      <div class="display">
        <CallState of={of} />
      </div>
      <div class="keys" role="group" aria-label="Dial pad">
        {KEYS.map((key) => (
          <Button key={key} disabled={!isOpen} onClick={() => work.do(() => doIn(of, { do: "press", key }))}>
            <span class="hidden-text">Key </span>
            <span class="key">
              {key}
              <small>{LETTERS[key] ?? "\u00a0"}</small>
            </span>
          </Button>
        ))}
      </div>
      <div class="row">
        <Button kind="good" disabled={isOpen} onClick={() => work.do(() => doIn(of, { do: "ring" }))}>
          {of.caller === "over" ? "Ring again" : "Ring"}
        </Button>
        <Button kind="bad" disabled={!isOpen} onClick={() => work.do(() => doIn(of, { do: "hang_up" }))}>
          Hang up
        </Button>
      </div>
    </div>
  );
}

const CALL_STATES: Readonly<Record<CallerState, string>> = {
  none: "No call",
  with_bot: "Talking to the bot",
  transferring: "Being transferred; nothing to hear",
  ringing: "Transferred; it rings at the other end",
  with_human: "Talking to a human",
  with_voicemail: "Talking to a voicemail box",
  waiting: "On the line, and nobody speaks",
  over: "The call is over",
};

function CallState({ of }: { readonly of: ConversationView }) {
  const { caller, callMs } = of;
  const isRunning = caller !== "none" && caller !== "over";
  const [now, setNow] = useState(() => performance.now());
  const [since, setSince] = useState({ at: performance.now(), ms: callMs });
  useEffect(() => setSince({ at: performance.now(), ms: callMs }), [callMs, caller]);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, [isRunning]);
  const ms = isRunning ? since.ms + Math.max(0, now - since.at) : callMs;
  return (
    <>
      <OnTheLine caller={caller} />
      <span class="small quiet">
        {of.customer} rings {of.botNumber}
      </span>
      <span class="row">
        <span role="status" class={caller === "ringing" ? "ringing" : ""}>
          {CALL_STATES[caller]}
        </span>
        {caller !== "none" && (
          <span class="clock" role="timer" aria-label="Length of the call">
            {clockTime(ms)}
          </span>
        )}
      </span>
    </>
  );
}

/** Who hears whom. */
function OnTheLine({ caller }: { readonly caller: CallerState }) {
  const isOpen = caller !== "none" && caller !== "over";
  const sides = [
    { name: "Customer", on: isOpen },
    { name: "Bot", on: caller === "with_bot" },
    { name: "Human", on: caller === "with_human" },
  ];
  const talking = sides.filter(({ on }) => on).map(({ name }) => name);
  return (
    <span
      class="row"
      role="group"
      aria-label={`On the line: ${talking.length === 0 ? "nobody" : talking.join(" and ")}`}
    >
      {sides.map(({ name, on }) => (
        <Badge key={name} tone={on ? "good" : "plain"}>
          {on ? "●" : "○"} {name}
        </Badge>
      ))}
    </span>
  );
}
