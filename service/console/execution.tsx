/** One execution: how it ended, where it failed, what it logged. */
import { useState } from "preact/hooks";
import {
  announce, Button, Card, duration, Facts, Frame, JsonBlock, localTime, Notice, PageHead, Table, Timeline,
} from "../../playground/kit/index.ts"; // prettier-ignore
import { at, send, textOf, usePolled } from "./api.ts";
import { Status } from "./executions.tsx";
import type { Link } from "./views.ts";
import type { ExecutionView, Outcome } from "./types.ts";

type Found = ExecutionView & { readonly outcome: Outcome | null };

export function Execution({ tenant, id, link }: { readonly tenant: string; readonly id: string; readonly link: Link }) {
  const path = at("tenants", tenant, "executions", id);
  const { data, error, refresh } = usePolled<Found>(path, 2_000);
  const [failed, setFailed] = useState<string | null>(null);
  const cancel = async (): Promise<void> => {
    try {
      await send("POST", `${path}/cancel`);
      announce("It is being cancelled");
      refresh();
    } catch (failure) {
      setFailed(textOf(failure));
    }
  };
  return (
    <>
      <PageHead title={`Execution ${id}`}>
        {data !== null && data.outcome === null && <Button onClick={() => void cancel()}>Cancel</Button>}
      </PageHead>
      {(failed ?? error) !== null && <Notice tone="bad">{failed ?? error}</Notice>}
      {data !== null && (
        <Card title="What it was">
          <Facts
            of={[
              ["Status", <Status of={data.status} />],
              ["Action", <a href={link(["actions", data.action])}>{`${data.action}, version ${data.version}`}</a>],
              [
                "Conversation",
                data.conversationId === null ? (
                  "none"
                ) : (
                  <a href={link(["conversations", data.conversationId])}>{data.conversationId}</a>
                ),
              ],
              ["Asked for", localTime(data.createdAt)],
              ["Hand-off", data.handoff ?? "none"],
            ]}
          />
        </Card>
      )}
      {data?.outcome != null && <Ended outcome={data.outcome} />}
    </>
  );
}

function Ended({ outcome }: { readonly outcome: Outcome }) {
  const { error, warnings, logs, usage } = outcome;
  const run = usage.wallMs - usage.hostMs;
  return (
    <>
      {error !== undefined && (
        <Card title={error.code}>
          <p>{error.message}</p>
          {error.frame !== undefined && <Frame label="Where" text={error.frame} />}
          {error.frame === undefined && error.stack !== undefined && <Frame label="Stack" text={error.stack} />}
        </Card>
      )}
      {warnings.map(({ code, message }) => (
        <Notice key={code} tone="warn" title={code}>
          {message}
        </Notice>
      ))}
      <Card title="Time">
        <Timeline
          label="Where the time went"
          rows={[
            { key: "queue", label: "Waiting for a place", at: 0, ms: usage.queuedMs, tone: "plain" },
            { key: "run", label: "Its own", at: usage.queuedMs, ms: run, tone: "info" },
            { key: "host", label: "Waiting for the host", at: usage.queuedMs + run, ms: usage.hostMs, tone: "warn" },
          ]}
        />
        <Facts
          of={[
            ["Processor", duration(usage.cpuMs)],
            ["Memory at most", `${Math.round(usage.peakMemoryBytes / 2 ** 20)} MiB`],
            ["Calls of the host", usage.hostCalls],
          ]}
        />
      </Card>
      {logs.length > 0 && (
        <Card title="Log">
          <Table
            caption="Log"
            hideCaption
            rows={logs.map((line, index) => ({ ...line, index }))}
            keyOf={({ index }) => String(index)}
            columns={[
              { key: "time", label: "Time", cell: ({ time }) => localTime(time) },
              { key: "level", label: "Level", cell: ({ level }) => level },
              { key: "message", label: "Line", cell: ({ message }) => <code>{message}</code> },
            ]}
          />
        </Card>
      )}
      <Card title="Outcome">
        <JsonBlock label="Outcome" value={outcome} />
      </Card>
    </>
  );
}
