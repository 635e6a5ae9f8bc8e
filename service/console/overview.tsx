/** The platform at a glance: is a human owed, does something fail, does every node stand. */
import { Badge, Card, href, Notice, PageHead, Table } from "../../playground/kit/index.ts";
import { age } from "../../playground/kit/index.ts";
import { at, query, usePolled } from "./api.ts";
import { AgeHistogram } from "./age-histogram.tsx";
import type { Counts, NodeView, OutboxPage, TenantUsage, Usage } from "./types.ts";
import { UsageCharts } from "./usage.tsx";

export function Overview() {
  const usage = usePolled<Usage>(at("usage") + query({ by: "minute" }));
  const outbox = usePolled<OutboxPage>(at("outbox") + query({ limit: 1 }));
  const nodes = usePolled<{ readonly nodes: readonly NodeView[] }>(at("nodes"));
  return (
    <>
      <PageHead title="Overview" />
      <Alarms counts={outbox.data?.counts ?? null} nodes={nodes.data?.nodes ?? null} error={usage.error} />
      <UsageCharts usage={usage.data} />
      <div class="columns even">
        <AgeHistogram counts={outbox.data?.counts ?? null} />
        <Failing tenants={usage.data?.tenants ?? []} />
      </div>
    </>
  );
}

/** The same that the alert rules of deploy/ look at. */
export function Alarms(props: {
  readonly counts: Counts | null;
  readonly nodes: readonly NodeView[] | null;
  readonly error: string | null;
}) {
  const { counts, nodes, error } = props;
  const wrong: string[] = [];
  if (error !== null) wrong.push(error);
  if (counts !== null && counts.owed > 0) wrong.push(`Dead letters: ${counts.owed}. A human is owed and was not told.`);
  if (counts !== null && counts.oldestWaitingSeconds > 120)
    wrong.push(`The oldest hand-off has waited for ${age(counts.oldestWaitingSeconds * 1000)}.`);
  for (const { node, walls, draining } of nodes ?? []) {
    const missing = walls.missing.filter((wall) => wall !== "memory-cgroup");
    if (missing.length > 0) wrong.push(`${node}: walls do not stand: ${missing.join(", ")}.`);
    if (draining) wrong.push(`${node} is being stopped.`);
  }
  if (wrong.length === 0 && counts !== null)
    return <Notice tone="good">Nothing is owed, and every wall stands.</Notice>;
  return (
    <>
      {wrong.map((text) => (
        <Notice key={text} tone={text.startsWith("Dead letters") ? "bad" : "warn"}>
          {text}
        </Notice>
      ))}
    </>
  );
}

function Failing({ tenants }: { readonly tenants: readonly TenantUsage[] }) {
  return (
    <Card title="Tenants of the last hour">
      <Table
        caption="Tenants, those that failed most first"
        hideCaption
        rows={tenants}
        keyOf={({ tenant }) => tenant}
        empty="Nothing ran."
        columns={[
          { key: "tenant", label: "Tenant", cell: ({ tenant }) => <a href={href(["tenants", tenant])}>{tenant}</a> },
          { key: "runs", label: "Runs", number: true, cell: ({ runs }) => runs.toLocaleString() },
          {
            key: "failed",
            label: "Failed",
            number: true,
            cell: ({ failed }) => (failed > 0 ? <Badge tone="bad">{failed.toLocaleString()}</Badge> : "0"),
          },
          { key: "handoffs", label: "Hand-offs", number: true, cell: ({ handoffs }) => handoffs.toLocaleString() },
        ]}
      />
    </Card>
  );
}
