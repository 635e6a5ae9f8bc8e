/** A tenant's executions: those that go on, those that failed, all of them. */
import { useState } from "preact/hooks";
import {
  Badge, Button, Choice, duration, localTime, Notice, PageHead, Table, type Route, type Tone,
} from "../../playground/kit/index.ts"; // prettier-ignore
import { at, query, usePolled } from "./api.ts";
import type { Link } from "./views.ts";
import type { ExecutionView } from "./types.ts";

const FILTERS = [
  { value: "", label: "All" },
  { value: "open", label: "Going on" },
  { value: "failed", label: "Failed" },
] as const;

interface Page {
  readonly executions: readonly ExecutionView[];
  readonly next: string | null;
}

export function Executions(props: { readonly tenant: string; readonly route: Route; readonly link: Link }) {
  const { tenant, route, link } = props;
  const [status, setStatus] = useState<string>(route.query.get("status") ?? "");
  const [cursor, setCursor] = useState<string | undefined>();
  const conversation = route.query.get("conversation") ?? undefined;
  const { data, error } = usePolled<Page>(
    at("tenants", tenant, "executions") + query({ status, conversation, cursor, limit: 50 }),
    2_000,
  );
  return (
    <>
      <PageHead title={`Executions of ${tenant}`}>
        <Choice
          label="Which"
          value={status}
          options={FILTERS}
          onChange={(value) => {
            setCursor(undefined);
            setStatus(value);
          }}
        />
      </PageHead>
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {conversation !== undefined && (
        <Notice>
          Of the conversation {conversation} only. <a href={link(["executions"])}>Show all</a>
        </Notice>
      )}
      <Table
        caption="Executions, the newest first"
        hideCaption
        rows={data?.executions ?? []}
        keyOf={({ executionId }) => executionId}
        columns={[
          {
            key: "id",
            label: "Execution",
            cell: ({ executionId }) => <a href={link(["executions", executionId])}>{executionId}</a>,
          },
          { key: "action", label: "Action", cell: ({ action, version }) => `${action}, version ${version}` },
          { key: "status", label: "Status", cell: ({ status: found }) => <Status of={found} /> },
          { key: "conversation", label: "Conversation", cell: (row) => <ConversationLink of={row} link={link} /> },
          { key: "handoff", label: "Hand-off", cell: ({ handoff }) => handoff?.replace("_", " ") ?? "" },
          { key: "at", label: "Asked for", cell: ({ createdAt }) => localTime(createdAt) },
          { key: "took", label: "Took", number: true, cell: tookOf },
        ]}
      />
      <div class="row">
        {cursor !== undefined && <Button onClick={() => setCursor(undefined)}>Newest</Button>}
        {data?.next != null && <Button onClick={() => setCursor(data.next ?? undefined)}>Older</Button>}
      </div>
    </>
  );
}

const TONES: Readonly<Record<string, Tone>> = { returned: "good", queued: "info", running: "info", cancelled: "plain" };

export function Status({ of }: { readonly of: string }) {
  return <Badge tone={TONES[of] ?? "bad"}>{of.replaceAll("_", " ")}</Badge>;
}

function ConversationLink({ of: { conversationId }, link }: { readonly of: ExecutionView; readonly link: Link }) {
  if (conversationId === null) return null;
  return <a href={link(["conversations", conversationId])}>{conversationId}</a>;
}

function tookOf({ createdAt, settledAt }: ExecutionView): string {
  return settledAt === null ? "" : duration(Date.parse(settledAt) - Date.parse(createdAt));
}
