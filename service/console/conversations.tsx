/** Where a conversation stands, and the way back to the bot. Those seen lately are those of the newest executions. */
import { useState } from "preact/hooks";
import {
  announce, Badge, Button, Card, Dialog, Facts, JsonBlock, localTime, Notice, PageHead, Table, TextField,
} from "../../playground/kit/index.ts"; // prettier-ignore
import { at, query, send, textOf, usePolled } from "./api.ts";
import type { Link } from "./views.ts";
import type { Conversation, ExecutionView } from "./types.ts";

interface Props {
  readonly tenant: string;
  readonly chosen: string | null;
  readonly link: Link;
}

export function Conversations({ tenant, chosen, link }: Props) {
  const { data, error } = usePolled<{ readonly executions: readonly ExecutionView[] }>(
    at("tenants", tenant, "executions") + query({ limit: 200 }),
  );
  const [id, setId] = useState(chosen ?? "");
  const open = (): void => void (location.hash = link(["conversations", id]));
  return (
    <>
      <PageHead title={`Conversations of ${tenant}`}>
        <TextField
          label="Conversation"
          hideLabel
          placeholder="Id"
          type="search"
          value={id}
          onInput={setId}
          onEnter={open}
        />
        <Button onClick={open} disabled={id === ""}>
          Look it up
        </Button>
      </PageHead>
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {chosen !== null && <One key={chosen} tenant={tenant} id={chosen} link={link} />}
      <Card title="Seen lately">
        <Table
          caption="Conversations of the newest executions"
          hideCaption
          rows={latest(data?.executions ?? [])}
          keyOf={({ conversationId }) => String(conversationId)}
          columns={[
            {
              key: "id",
              label: "Conversation",
              cell: ({ conversationId }) => (
                <a href={link(["conversations", String(conversationId)])}>{conversationId}</a>
              ),
            },
            { key: "action", label: "Last action", cell: ({ action }) => action },
            { key: "handoff", label: "Hand-off", cell: ({ handoff }) => handoff?.replace("_", " ") ?? "" },
            { key: "at", label: "When", cell: ({ createdAt }) => localTime(createdAt) },
          ]}
        />
      </Card>
    </>
  );
}

function latest(executions: readonly ExecutionView[]): ExecutionView[] {
  const seen = new Map<string, ExecutionView>();
  for (const one of executions)
    if (one.conversationId !== null && !seen.has(one.conversationId)) seen.set(one.conversationId, one);
  return [...seen.values()];
}

function One({ tenant, id, link }: { readonly tenant: string; readonly id: string; readonly link: Link }) {
  const path = at("tenants", tenant, "conversations", id);
  const { data, error, refresh } = usePolled<Conversation>(path, 2_000);
  const [asks, setAsks] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const handBack = async (): Promise<void> => {
    setAsks(false);
    try {
      await send("POST", `${path}/hand-back`);
      announce("The bot has the conversation again");
      refresh();
    } catch (failure) {
      setFailed(textOf(failure));
    }
  };
  return (
    <Card title={`Conversation ${id}`}>
      {(failed ?? error) !== null && <Notice tone="bad">{failed ?? error}</Notice>}
      {data !== null && (
        <>
          <Facts
            of={[
              ["Who has it", data.canReply ? <Badge tone="good">the bot</Badge> : <Badge tone="warn">a human</Badge>],
              ["State", data.state],
              ["Epoch", data.epoch],
              ["Executions", <a href={link(["executions"], { conversation: id })}>show them</a>],
            ]}
          />
          {data.handoff !== null && <JsonBlock label="Hand-off" value={data.handoff} />}
          {!data.canReply && (
            <div>
              <Button onClick={() => setAsks(true)}>Hand back to the bot …</Button>
            </div>
          )}
        </>
      )}
      <Dialog title="Hand back to the bot?" open={asks} onClose={() => setAsks(false)}>
        <p>The bot answers in this conversation again. A human who was told of it is told that it is over.</p>
        <div class="row">
          <Button kind="primary" onClick={() => void handBack()}>
            Hand back
          </Button>
          <Button onClick={() => setAsks(false)}>Leave it</Button>
        </div>
      </Dialog>
    </Card>
  );
}
