/** Everything that has happened in a conversation, in order. */
import { useEffect, useRef } from "preact/hooks";
import type {
  CallEntry,
  ConversationView,
  Entry,
  HumanEntry,
  MessageEntry,
  Turn,
} from "../../../author/simulator/history.ts";
import { Badge, Card, Empty, href, Notice, Timeline } from "../../kit/index.ts";
import { botSentence, Given, handoffSentence, Logs, statusTone } from "../outcome-view.tsx";
import { rowsOf } from "../steps.ts";
import { shownAction } from "./shown-action.ts";

export function Transcript({ of }: { readonly of: ConversationView }) {
  const box = useRef<HTMLDivElement>(null);
  const { history } = of;
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [history.length]);
  return (
    <Card title="What happened">
      {history.length === 0 ? (
        <Empty>
          {of.channel === "phone"
            ? "Ring, say something, and let the bot call an action."
            : "Write as the customer, and let the bot call an action."}
        </Empty>
      ) : (
        <div class="transcript-box" role="log" aria-label="The conversation so far" tabIndex={0} ref={box}>
          <ol class="transcript">
            {history.map((entry) => (
              <li key={entry.id} class={classOf(entry)}>
                <time class="small quiet" dateTime={entry.at}>
                  {new Date(entry.at).toLocaleTimeString()}
                </time>
                <EntryView entry={entry} />
              </li>
            ))}
          </ol>
        </div>
      )}
    </Card>
  );
}

function classOf(entry: Entry): string {
  if (entry.type !== "message") return entry.type;
  return `message ${entry.sender}${entry.caught === null ? "" : " caught"}`;
}

function EntryView({ entry }: { readonly entry: Entry }) {
  switch (entry.type) {
    case "message":
      return <Message message={entry} />;
    case "call":
      return <span>{callSentence(entry)}</span>;
    case "human":
      return <span>{humanSentence(entry)}</span>;
    case "run":
      return <Ran turn={entry.turn} />;
    default:
      return entry satisfies never;
  }
}

const SENDERS = { customer: "Customer", bot: "Bot", agent: "Human" } as const;

function Message({ message: { sender, content, channel, caught } }: { readonly message: MessageEntry }) {
  return (
    <div class="stack tight">
      <span>
        <strong>{SENDERS[sender]}</strong> <span class="small quiet">{channel}</span>
      </span>
      <span class="content">{content}</span>
      {caught !== null && (
        <Notice tone="bad" title="Caught: the bot spoke after a hand-off.">
          {caught} On a real platform the customer would hear two voices.
        </Notice>
      )}
    </div>
  );
}

function callSentence({ what, detail }: CallEntry): string {
  switch (what) {
    case "rang":
      return `The customer rang from ${detail}.`;
    case "pressed":
      return `The customer pressed ${detail}.`;
    case "hung_up":
      return "The customer hung up.";
    case "dialling":
      return `The telephone company was asked to transfer the call to ${detail}.`;
    case "refused":
      return `The telephone company refused to transfer the call to ${detail}.`;
    case "no_provider_answer":
      return "The telephone company's answer never came. Nobody dials again: the caller may be through already.";
    case "ringing":
      return `${detail} is ringing.`;
    case "answered":
      return `${detail} answered: the customer and a human talk.`;
    case "voicemail":
      return `A voicemail box took the call at ${detail}. The telephone company calls that answered.`;
    case "declined":
      return `${detail} declined the call.`;
    case "busy":
      return `${detail} was busy.`;
    case "no_answer":
      return `Nobody answered at ${detail}.`;
    case "caller_hung_up":
      return `The customer hung up while ${detail} was ringing.`;
    case "unreported":
      return "The telephone company reported nothing.";
    default:
      return what satisfies never;
  }
}

function humanSentence({ what, epoch, detail }: HumanEntry): string {
  switch (what) {
    case "told":
      return `The desk was told that a human is needed${detail === null ? "." : `: ${detail}`}`;
    case "took_over":
      return `A human took over${detail === null ? "." : ` ${detail}.`}`;
    case "handed_back":
      return `The human handed the conversation back to the bot: epoch ${epoch}.`;
    default:
      return what satisfies never;
  }
}

function Ran({ turn }: { readonly turn: Turn }) {
  const { outcome, unanswered, steps, action } = turn;
  return (
    <div class="stack tight">
      <span class="row">
        <strong>The bot called {shownAction(action)}</strong>
        <Badge tone={statusTone(outcome.status)}>{outcome.status.replaceAll("_", " ")}</Badge>
      </span>
      <p>{handoffSentence(outcome)}</p>
      <p>{botSentence(outcome)}</p>
      {outcome.error !== undefined && (
        <Notice tone="bad" title={outcome.error.code}>
          {outcome.error.message}
        </Notice>
      )}
      {outcome.warnings.map(({ code, message }) => (
        <Notice key={code} tone="warn" title={code}>
          {message}
        </Notice>
      ))}
      {unanswered.map((request) => (
        <Notice key={request} tone="warn" title="No answer for a request.">
          The action asked for {request}. Nothing leaves this machine: write an answer under “What the network answers”
          and call the action again.
        </Notice>
      ))}
      <details>
        <summary>What the bot was given, timeline and logs</summary>
        <div class="stack">
          <Given outcome={outcome} />
          <Timeline label="Timeline of the run" rows={rowsOf(steps)} />
          <Logs outcome={outcome} />
          <a href={href(["runs"], { execution: outcome.executionId })}>Open this run</a>
        </div>
      </details>
    </div>
  );
}
