/** Who changed what: the audit chain, the newest first. */
import { localTime, Notice, PageHead, Table } from "../../playground/kit/index.ts";
import { at, query, usePolled } from "./api.ts";
import type { AuditEntry } from "./types.ts";

interface Page {
  readonly entries: readonly AuditEntry[];
  readonly intact: boolean;
}

export function Changes() {
  const { data, error } = usePolled<Page>(at("audit") + query({ limit: 100 }));
  return (
    <>
      <PageHead title="Changes" />
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {data !== null && !data.intact && (
        <Notice tone="bad" title="The chain is broken.">
          An entry was changed or taken out.
        </Notice>
      )}
      <Table
        caption="The last hundred changes"
        rows={data?.entries ?? []}
        keyOf={({ n }) => String(n)}
        columns={[
          { key: "at", label: "When", cell: (entry) => localTime(entry.at) },
          { key: "action", label: "What", cell: ({ action }) => <code>{action}</code> },
          { key: "tenant", label: "Tenant", cell: ({ tenant }) => tenant ?? "" },
          { key: "subject", label: "Of", cell: ({ subject }) => subject },
          { key: "actor", label: "By key", cell: ({ actor }) => <code>{actor}</code> },
        ]}
      />
    </>
  );
}
