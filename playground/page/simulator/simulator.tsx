/** The conversation simulator: who has the conversation, what has happened in it, and the sides that can be played. */
import { useState } from "preact/hooks";
import type { ConversationView } from "../../../author/simulator/history.ts";
import { Button, Empty, Mistake, PageHead, Select } from "../../kit/index.ts";
import { chosenConversation, conversation, conversations } from "../store.ts";
import { useWork } from "../work.ts";
import { BotSide } from "./bot-side.tsx";
import { CustomerSide } from "./customer-side.tsx";
import { HumanSide } from "./human-side.tsx";
import { NewConversation } from "./new-conversation.tsx";
import { SaveDialog } from "./save-dialog.tsx";
import { Settings } from "./settings.tsx";
import { Standing } from "./standing.tsx";
import { Transcript } from "./transcript.tsx";

export function Simulator() {
  const current = conversation.value;
  const [isNew, setNew] = useState(false);
  const [isSaving, setSaving] = useState(false);
  return (
    <>
      <PageHead title="Conversation">
        {conversations.value.length > 1 && current !== null && (
          <Select
            label="Conversation"
            hideLabel
            value={current.id}
            options={conversations.value.map((each) => ({ value: each.id, label: nameOf(each) }))}
            onChange={(id) => (chosenConversation.value = id)}
          />
        )}
        <Button kind={current === null ? "primary" : "normal"} onClick={() => setNew(true)}>
          New conversation
        </Button>
        {current !== null && (
          <Button onClick={() => setSaving(true)} disabled={!current.history.some(({ type }) => type === "run")}>
            Save as a scenario
          </Button>
        )}
      </PageHead>
      <NewConversation open={isNew} onClose={() => setNew(false)} />
      {current === null ? (
        <Empty>
          Play a customer on chat, on e-mail or on the telephone, let the bot call your actions, and be the human who
          takes over. Begin a conversation.
        </Empty>
      ) : (
        <Going key={current.id} of={current} isSaving={isSaving} onSaved={() => setSaving(false)} />
      )}
    </>
  );
}

function Going(props: { readonly of: ConversationView; readonly isSaving: boolean; readonly onSaved: () => void }) {
  const { of } = props;
  const work = useWork();
  return (
    <>
      <SaveDialog of={of} open={props.isSaving} onClose={props.onSaved} />
      <Standing of={of} />
      <Mistake text={work.mistake} />
      <div class="columns side">
        <div class="stack">
          <Transcript of={of} />
          <CustomerSide of={of} work={work} />
        </div>
        <div class="stack">
          <BotSide of={of} work={work} />
          <HumanSide of={of} work={work} />
          <Settings of={of} work={work} />
        </div>
      </div>
    </>
  );
}

const nameOf = ({ id, channel, state }: ConversationView): string => `${id}: ${channel}, ${state.replaceAll("_", " ")}`;
