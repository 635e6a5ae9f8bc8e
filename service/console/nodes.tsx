/** The nodes of the store: what runs on them, and which walls stand around their workers. */
import { age, Badge, localTime, Notice, PageHead, Table } from "../../playground/kit/index.ts";
import { at, usePolled } from "./api.ts";
import type { NodeView } from "./types.ts";

export function Nodes() {
  const { data, error } = usePolled<{ readonly nodes: readonly NodeView[] }>(at("nodes"), 2_000);
  return (
    <>
      <PageHead title="Nodes" />
      {error !== null && <Notice tone="bad">{error}</Notice>}
      <Table
        caption="Nodes seen in the last minute"
        rows={data?.nodes ?? []}
        keyOf={({ node }) => node}
        columns={[
          { key: "node", label: "Node", cell: ({ node }) => <code>{node}</code> },
          { key: "version", label: "Version", cell: ({ version, nodeVersion }) => `${version}, Node ${nodeVersion}` },
          { key: "running", label: "Running", number: true, cell: ({ running }) => running },
          { key: "waiting", label: "Waiting", number: true, cell: ({ waiting }) => waiting },
          { key: "state", label: "State", cell: stateOf },
          { key: "walls", label: "Walls", cell: ({ walls }) => <Walls {...walls} /> },
          { key: "started", label: "Started", cell: ({ startedAt }) => localTime(startedAt) },
        ]}
      />
    </>
  );
}

function stateOf({ draining, lastSeenAt }: NodeView) {
  const silent = Date.now() - Date.parse(lastSeenAt);
  if (draining) return <Badge tone="warn">stopping</Badge>;
  return silent > 10_000 ? <Badge tone="bad">silent for {age(silent)}</Badge> : <Badge tone="good">serving</Badge>;
}

function Walls({ standing, missing }: NodeView["walls"]) {
  return (
    <div class="row">
      {standing.map((wall) => (
        <Badge key={wall} tone="good">
          {wall}
        </Badge>
      ))}
      {missing.map((wall) => (
        <Badge key={wall} tone={wall === "memory-cgroup" ? "plain" : "bad"}>
          no {wall}
        </Badge>
      ))}
    </div>
  );
}
