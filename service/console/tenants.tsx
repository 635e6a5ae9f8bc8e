/** All tenants. */
import { useState } from "preact/hooks";
import { href, localTime, Notice, PageHead, Table, TextField } from "../../playground/kit/index.ts";
import { at, query, usePolled } from "./api.ts";
import type { TenantView } from "./types.ts";

export function Tenants() {
  const { data, error } = usePolled<{ readonly tenants: readonly TenantView[]; readonly next: string | null }>(
    at("tenants") + query({ limit: 1000 }),
    15_000,
  );
  const [filter, setFilter] = useState("");
  const wanted = filter.toLowerCase();
  const rows = (data?.tenants ?? []).filter(({ tenant, displayName = "" }) =>
    `${tenant} ${displayName}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <PageHead title="Tenants">
        <TextField label="Filter" hideLabel placeholder="Filter" type="search" value={filter} onInput={setFilter} />
      </PageHead>
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {data?.next != null && <Notice>The first thousand are shown.</Notice>}
      <Table
        caption="Tenants"
        hideCaption
        rows={rows}
        keyOf={({ tenant }) => tenant}
        columns={[
          { key: "tenant", label: "Tenant", cell: ({ tenant }) => <a href={href(["tenants", tenant])}>{tenant}</a> },
          { key: "name", label: "Name", cell: ({ displayName }) => displayName ?? "" },
          { key: "providers", label: "Desk and carrier", cell: providersOf },
          { key: "updated", label: "Changed", cell: ({ updatedAt }) => localTime(updatedAt) },
        ]}
      />
    </>
  );
}

function providersOf({ providers }: TenantView): string {
  const { handoffs, transfers } = (providers ?? {}) as Readonly<Record<string, { readonly type: string } | undefined>>;
  const found = [handoffs?.type, transfers?.type].filter((type) => type !== undefined);
  return found.length === 0 ? "none" : found.join(", ");
}
