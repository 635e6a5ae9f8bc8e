/** An outcome as a person reads it: what became of the customer, what the bot may say, what it was given, what went wrong. */
import type { Outcome } from "../../runtime/outcome.ts";
import { Badge, Facts, Frame, JsonBlock, Notice } from "../kit/index.ts";
import type { Tone } from "../kit/index.ts";
import { EditorLink, placeIn } from "./editor-link.tsx";

export function statusTone(status: string, ok = true): Tone {
  if (!ok) return "bad";
  return status === "returned" ? "good" : "bad";
}

export function handoffSentence({ handoff, intents }: Outcome): string {
  if (handoff === null) {
    const last = intents.at(-1);
    return last === undefined
      ? "Nobody was handed off."
      : `Nobody was handed off: ${last.verdict.replaceAll("_", " ")}. ${last.message}`;
  }
  const { kind, phoneDestination, state, reason } = handoff;
  const what = kind === "phone_transfer" ? `The call is transferred to ${phoneDestination}` : "A human takes over";
  return `${what} (${state})${reason === null ? "" : `: ${reason}`}`;
}

export function botSentence({ bot }: Pick<Outcome, "bot">): string {
  if (bot.mayReplyLater) return "The bot goes on.";
  return bot.mayReplyNow ? "The bot may answer once more, then it is silent." : "The bot is silent, now and later.";
}

/** What the bot was given of the run. A value that was dropped on the host is not here: nothing but the host's memory ever held it. */
export function Given({ outcome }: { readonly outcome: Outcome }) {
  if (outcome.returnValueDiscarded) {
    return (
      <Notice tone="info" title="The bot was given nothing.">
        The action returned, but a phone transfer fired: the call is no longer the bot's, so its return value was
        dropped before anything could read it.
      </Notice>
    );
  }
  if (outcome.status === "returned") return <JsonBlock value={outcome.returnValue} label="What the bot was given" />;
  return <Notice tone="bad">The action did not return, so the bot was given nothing.</Notice>;
}

export function OutcomeView({ outcome, action }: { readonly outcome: Outcome; readonly action: string }) {
  const { status, warnings, error, usage, executionId } = outcome;
  return (
    <div class="stack">
      <Facts
        of={[
          ["Status", <Badge tone={statusTone(status)}>{status.replaceAll("_", " ")}</Badge>],
          ["Hand-off", handoffSentence(outcome)],
          ["Bot", botSentence(outcome)],
          [
            "Used",
            `${Math.round(usage.wallMs)} ms, ${Math.round(usage.cpuMs)} ms of CPU, ${usage.hostCalls} host calls, ${(usage.peakMemoryBytes / 1_048_576).toFixed(1)} MiB`,
          ],
          ["Execution", <code>{executionId}</code>],
        ]}
      />
      {error !== undefined && (
        <Notice tone="bad" title={`${error.code}: ${error.name}`}>
          <div class="stack tight">
            <p>{error.message}</p>
            {error.frame !== undefined && <Frame text={error.frame} label="Code frame of the error" />}
            {error.stack !== undefined && <Frame text={error.stack} label="Stack of the error" />}
            {(error.inner ?? []).map(({ label, title, frame }) => (
              <div key={`${label} ${title}`} class="stack tight">
                <p>
                  {label}: {title}
                </p>
                {frame !== undefined && <Frame text={frame} label={`Code frame: ${label}`} />}
              </div>
            ))}
            <EditorLink file={action} place={placeIn(error.stack ?? "") ?? placeIn(error.frame ?? "")} />
          </div>
        </Notice>
      )}
      {warnings.map(({ code, message }) => (
        <Notice key={code} tone="warn" title={code}>
          {message}
        </Notice>
      ))}
      <h3>What the bot was given</h3>
      <Given outcome={outcome} />
    </div>
  );
}

export function Logs({ outcome: { logs, logsDropped } }: { readonly outcome: Outcome }) {
  if (logs.length === 0) return <p class="quiet">The action logged nothing.</p>;
  const text = logs.map(({ level, message, time }) => `${time}  ${level.padEnd(5)}  ${message}`).join("\n");
  const dropped = logsDropped > 0 ? `\n${logsDropped} lines were dropped.` : "";
  return <Frame text={text + dropped} label="Logs" />;
}
