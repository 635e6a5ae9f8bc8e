/** Where the conversation stands: who has it, in which epoch, and whether the bot may speak, in the words of the product. */
import type { ConversationView } from "../../../author/simulator/history.ts";
import { Badge } from "../../kit/index.ts";
import type { Tone } from "../../kit/index.ts";

const STATES: Readonly<Record<ConversationView["state"], { readonly text: string; readonly tone: Tone }>> = {
  bot: { text: "The bot has the conversation", tone: "info" },
  handed_off: { text: "Handed off to a human", tone: "good" },
  transferring: { text: "The call is being transferred", tone: "warn" },
  transferred: { text: "The call is transferred", tone: "good" },
  transfer_unknown: { text: "Nobody knows whether the transfer went through", tone: "bad" },
  transfer_failed: { text: "The transfer failed; a human is owed", tone: "bad" },
};

export function Standing({ of: { state, epoch, code, botMay } }: { readonly of: ConversationView }) {
  const { text, tone } = STATES[state];
  return (
    <section class="card row standing" aria-label="Where the conversation stands" aria-live="polite">
      <Badge tone={tone}>{text}</Badge>
      <span>
        Epoch <strong>{epoch}</strong>
      </span>
      {code !== null && <code>{code}</code>}
      <span>
        <Badge tone={botMay.speak ? "info" : "bad"}>
          {botMay.speak ? "The bot may speak" : "The bot must be silent"}
        </Badge>{" "}
        <span class="quiet small">{botMay.why}</span>
      </span>
    </section>
  );
}
