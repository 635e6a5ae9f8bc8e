/** A tenant's actions: their versions, what is live, a canary, and the way back. */
import { useState } from "preact/hooks";
import {
  announce, Badge, Button, Card, localTime, Notice, NumberField, PageHead, Select, Table,
} from "../../playground/kit/index.ts"; // prettier-ignore
import { at, query, send, textOf, usePolled } from "./api.ts";
import type { Link } from "./views.ts";
import type { ActionView, Share, VersionView } from "./types.ts";

interface Props {
  readonly tenant: string;
  readonly chosen: string | null;
  readonly link: Link;
}

export function Actions({ tenant, chosen, link }: Props) {
  const actions = usePolled<{ readonly actions: readonly ActionView[] }>(at("tenants", tenant, "actions"));
  const rows = actions.data?.actions ?? [];
  const one = rows.find(({ action }) => action === chosen);
  return (
    <>
      <PageHead title={`Actions of ${tenant}`} />
      {actions.error !== null && <Notice tone="bad">{actions.error}</Notice>}
      <Table
        caption="Actions"
        hideCaption
        rows={rows}
        keyOf={({ action }) => action}
        empty="No action was deployed yet."
        columns={[
          { key: "action", label: "Action", cell: ({ action }) => <a href={link(["actions", action])}>{action}</a> },
          { key: "live", label: "Live", cell: ({ live }) => <Live shares={live} /> },
          { key: "newest", label: "Newest version", number: true, cell: ({ newest }) => newest },
          { key: "updated", label: "Changed", cell: ({ updatedAt }) => localTime(updatedAt) },
        ]}
      />
      {one !== undefined && <Versions key={one.action} tenant={tenant} action={one} onChange={actions.refresh} />}
    </>
  );
}

function Live({ shares }: { readonly shares: readonly Share[] | null }) {
  if (shares === null) return <Badge>nothing</Badge>;
  return (
    <div class="row">
      {shares.map(({ version, percent }) => (
        <Badge key={version} tone={percent === 100 ? "good" : "info"}>
          version {version}
          {percent === 100 ? "" : `, ${percent} %`}
        </Badge>
      ))}
    </div>
  );
}

interface VersionsProps {
  readonly tenant: string;
  readonly action: ActionView;
  readonly onChange: () => void;
}

function Versions({ tenant, action, onChange }: VersionsProps) {
  const path = ["tenants", tenant, "actions", action.action];
  const { data, error } = usePolled<{ readonly versions: readonly VersionView[] }>(
    at(...path, "versions") + query({ limit: 100 }),
  );
  const [failed, setFailed] = useState<string | null>(null);
  const put = async (body: object, told: string): Promise<void> => {
    try {
      await send("PUT", at(...path, "live"), body);
      setFailed(null);
      announce(told);
      onChange();
    } catch (failure) {
      setFailed(textOf(failure));
    }
  };
  const only = action.live?.length === 1 ? action.live[0]?.version : undefined;
  return (
    <Card title={`Versions of ${action.action}`}>
      {(failed ?? error) !== null && (
        <Notice tone="bad" alert>
          {failed ?? error}
        </Notice>
      )}
      <Canary action={action} versions={data?.versions ?? []} onPut={put} />
      <Table
        caption={`Versions of ${action.action}`}
        hideCaption
        rows={data?.versions ?? []}
        keyOf={({ version }) => String(version)}
        columns={[
          { key: "version", label: "Version", number: true, cell: ({ version }) => version },
          { key: "language", label: "Language", cell: ({ language }) => language },
          { key: "note", label: "Note", cell: ({ note }) => note ?? "" },
          { key: "made", label: "Made", cell: ({ createdAt }) => localTime(createdAt) },
          { key: "by", label: "By key", cell: ({ createdBy }) => <code>{createdBy}</code> },
          {
            key: "live",
            label: "Live",
            cell: ({ version }) =>
              version === only ? (
                <Badge tone="good">for all</Badge>
              ) : (
                <Button
                  label={`Make live for all: version ${version}`}
                  onClick={() => void put({ version }, `Version ${version} is live`)}
                >
                  Make live for all
                </Button>
              ),
          },
        ]}
      />
    </Card>
  );
}

interface CanaryProps {
  readonly action: ActionView;
  readonly versions: readonly VersionView[];
  readonly onPut: (body: object, told: string) => Promise<void>;
}

/** Conversations are split between what is live for most and another version, and each keeps the one it got. */
function Canary({ action, versions, onPut }: CanaryProps) {
  const stable = action.live?.reduce((best, share) => (share.percent > best.percent ? share : best)).version;
  const others = versions.filter(({ version }) => version !== stable);
  const [chosen, setChosen] = useState<string | null>(null);
  const [percent, setPercent] = useState<number | null>(10);
  if (stable === undefined || others.length === 0) return null;
  const canary = Number(chosen ?? others[0]?.version);
  const isFit = percent !== null && percent > 0 && percent < 100;
  const split = [
    { version: stable, percent: 100 - (percent ?? 0) },
    { version: canary, percent },
  ];
  return (
    <form
      class="row"
      style={{ alignItems: "end" }}
      aria-label="Canary"
      onSubmit={(event) => {
        event.preventDefault();
        if (isFit) void onPut({ split }, `Version ${canary} has ${percent} percent of the conversations`);
      }}
    >
      <Select
        label="Canary"
        value={String(canary)}
        options={others.map(({ version }) => ({ value: String(version), label: `version ${version}` }))}
        onChange={setChosen}
      />
      <NumberField label="Percent of conversations" value={percent} min={1} max={99} onInput={setPercent} />
      <Button type="submit" disabled={!isFit}>
        Split
      </Button>
    </form>
  );
}
