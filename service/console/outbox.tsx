/** The outbox, of one tenant or of all: what waits, what died, and what may be done about it. */
import { useState } from "preact/hooks";
import {
  age, announce, Badge, Button, Choice, Dialog, href, Notice, PageHead, Table, type Route, type Tone,
} from "../../playground/kit/index.ts"; // prettier-ignore
import { AgeHistogram } from "./age-histogram.tsx";
import { at, query, send, textOf, usePolled } from "./api.ts";
import type { OutboxEntry, OutboxPage } from "./types.ts";

const FILTERS = [
  { value: "dead", label: "Dead" },
  { value: "waiting", label: "Waiting" },
  { value: "delivered", label: "Delivered" },
  { value: "", label: "All" },
] as const;
const TONES: Readonly<Record<string, Tone>> = { waiting: "warn", sending: "info", delivered: "good", dead: "bad" };

// oxlint-disable-next-line eslint/max-lines-per-function -- the markup of one view
export function OutboxView({ tenant, route }: { readonly tenant: string | null; readonly route: Route }) {
  const path = tenant === null ? at("outbox") : at("tenants", tenant, "outbox");
  const [status, setStatus] = useState<string>(route.query.get("status") ?? "dead");
  const [cursor, setCursor] = useState<string | undefined>();
  const { data, error, refresh } = usePolled<OutboxPage>(path + query({ status, cursor, limit: 50 }), 2_000);
  const [failed, setFailed] = useState<string | null>(null);
  const [drops, setDrops] = useState<OutboxEntry | null>(null);
  const change = async (call: () => Promise<unknown>, told: string): Promise<void> => {
    try {
      await call();
      setFailed(null);
      announce(told);
    } catch (failure) {
      setFailed(textOf(failure));
    }
    refresh();
  };
  const ask = ({ tenant: of, intentId }: OutboxEntry, what: "retry" | "drop"): Promise<unknown> =>
    send("POST", at("tenants", of, "outbox", intentId, what));
  const retryAll = (): Promise<void> =>
    change(
      () => send("POST", at("tenants", String(tenant), "outbox", "retry"), { status: "dead" }),
      "All are tried again",
    );
  const owed = data?.counts.owed ?? 0;
  return (
    <>
      <PageHead title={tenant === null ? "Outbox" : `Outbox of ${tenant}`}>
        <Choice
          label="Which"
          value={status}
          options={FILTERS}
          onChange={(value) => {
            setCursor(undefined);
            setStatus(value);
          }}
        />
        {tenant !== null && owed > 0 && <Button onClick={() => void retryAll()}>Retry all dead letters</Button>}
      </PageHead>
      {(failed ?? error) !== null && (
        <Notice tone="bad" alert>
          {failed ?? error}
        </Notice>
      )}
      <AgeHistogram counts={data?.counts ?? null} />
      <Table
        caption="Hand-offs"
        hideCaption
        rows={data?.entries ?? []}
        keyOf={({ intentId }) => intentId}
        columns={[
          ...(tenant === null ? [{ key: "tenant", label: "Tenant", cell: tenantLink }] : []),
          { key: "conversation", label: "Conversation", cell: ({ conversationId }) => conversationId },
          {
            key: "status",
            label: "Status",
            cell: (row) =>
              isLetGo(row) ? <Badge>dropped</Badge> : <Badge tone={TONES[row.status] ?? "plain"}>{row.status}</Badge>,
          },
          { key: "code", label: "Last answer", cell: ({ code }) => (code === null ? "" : <code>{code}</code>) },
          { key: "attempts", label: "Attempts", number: true, cell: ({ attempts }) => attempts },
          { key: "age", label: "Age", number: true, cell: (row) => age(Date.now() - Date.parse(row.recordedAt)) },
          {
            key: "what",
            label: "Do",
            cell: (row) =>
              mayChange(row) && (
                <div class="row">
                  <Button
                    label={`Retry the hand-off of ${row.conversationId}`}
                    onClick={() => void change(() => ask(row, "retry"), "It is tried again")}
                  >
                    Retry
                  </Button>
                  <Button label={`Drop the hand-off of ${row.conversationId}`} onClick={() => setDrops(row)}>
                    Drop …
                  </Button>
                </div>
              ),
          },
        ]}
      />
      <div class="row">
        {cursor !== undefined && <Button onClick={() => setCursor(undefined)}>First</Button>}
        {data?.next != null && <Button onClick={() => setCursor(data.next ?? undefined)}>More</Button>}
      </div>
      <Dialog title="Drop this hand-off?" open={drops !== null} onClose={() => setDrops(null)}>
        <p>No human will be told of the conversation {drops?.conversationId}. That cannot be taken back.</p>
        <div class="row">
          <Button
            kind="bad"
            onClick={() => {
              const row = drops;
              setDrops(null);
              if (row !== null) void change(() => ask(row, "drop"), "It is dropped");
            }}
          >
            Drop it
          </Button>
          <Button onClick={() => setDrops(null)}>Keep it</Button>
        </div>
      </Dialog>
    </>
  );
}

const isLetGo = ({ status, code }: OutboxEntry): boolean => status === "dead" && code === "dropped";
const mayChange = (row: OutboxEntry): boolean => (row.status === "dead" && !isLetGo(row)) || row.status === "waiting";
const tenantLink = ({ tenant }: OutboxEntry) => <a href={href(["tenants", tenant])}>{tenant}</a>;
