/** One tenant, in parts. */
import { Card, href, JsonBlock, Notice, PageHead, type Route } from "../../playground/kit/index.ts";
import { Actions } from "./actions.tsx";
import { at, query, usePolled } from "./api.ts";
import { AgeHistogram } from "./age-histogram.tsx";
import { Conversations } from "./conversations.tsx";
import { Execution } from "./execution.tsx";
import { Executions } from "./executions.tsx";
import { OutboxView } from "./outbox.tsx";
import { Alarms } from "./overview.tsx";
import type { OutboxPage, TenantView, Usage } from "./types.ts";
import { UsageCharts } from "./usage.tsx";
import { TENANT_VIEWS, titled, type Link } from "./views.ts";

export interface TenantProps {
  readonly tenant: string;
  /** Below the tenant: the view, and what of it. */
  readonly path: readonly string[];
  readonly route: Route;
  /** Seen by a key of all tenants: the tenant is a part of the address, and the views have links of their own. */
  readonly within?: boolean;
}

export function TenantPage({ tenant, path, route, within = false }: TenantProps) {
  const [view = "overview", name] = path;
  const link: Link = (to, search) => href(within ? ["tenants", tenant, ...to] : to, search);
  return (
    <>
      {within && (
        <nav aria-label={`Views of ${tenant}`} class="row">
          {TENANT_VIEWS.map((each) => (
            <a key={each} class="button plain" href={link([each])} aria-current={view === each ? "page" : undefined}>
              {titled(each)}
            </a>
          ))}
        </nav>
      )}
      {partOf(view, { tenant, name, link, route })}
    </>
  );
}

interface PartProps {
  readonly tenant: string;
  readonly name: string | undefined;
  readonly link: Link;
  readonly route: Route;
}

function partOf(view: string, { tenant, name, link, route }: PartProps) {
  switch (view) {
    case "actions":
      return <Actions tenant={tenant} chosen={name ?? null} link={link} />;
    case "executions":
      if (name !== undefined) return <Execution key={name} tenant={tenant} id={name} link={link} />;
      return <Executions tenant={tenant} route={route} link={link} />;
    case "conversations":
      return <Conversations tenant={tenant} chosen={name ?? null} link={link} />;
    case "outbox":
      return <OutboxView tenant={tenant} route={route} />;
    case "settings":
      return <Settings tenant={tenant} />;
    default:
      return <TenantOverview tenant={tenant} />;
  }
}

function TenantOverview({ tenant }: { readonly tenant: string }) {
  const usage = usePolled<Usage>(at("tenants", tenant, "usage") + query({ by: "minute" }));
  const outbox = usePolled<OutboxPage>(at("tenants", tenant, "outbox") + query({ limit: 1 }));
  return (
    <>
      <PageHead title={tenant} />
      <Alarms counts={outbox.data?.counts ?? null} nodes={[]} error={usage.error} />
      <UsageCharts usage={usage.data} />
      <div class="columns even">
        <AgeHistogram counts={outbox.data?.counts ?? null} />
      </div>
    </>
  );
}

function Settings({ tenant }: { readonly tenant: string }) {
  const { data, error } = usePolled<TenantView>(at("tenants", tenant), 30_000);
  return (
    <>
      <PageHead title={`Settings of ${tenant}`} />
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {data !== null && (
        <Card title="As they are stored; secrets are only known to be set">
          <JsonBlock label="Settings" value={data} />
        </Card>
      )}
    </>
  );
}
