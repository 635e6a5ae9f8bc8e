/** What the scenarios cover: each file in a row, and one of them line by line. */
import { useState } from "preact/hooks";
import type { FileCoverage, Share } from "../../events.ts";
import { Badge, Button, Card, Empty, Notice, Table } from "../../kit/index.ts";

export interface CoverageAnswer {
  readonly files: readonly (FileCoverage & { readonly source: string | null })[];
  readonly unmeasured: readonly string[];
}

const WELL = 80;
const FAIR = 50;

export function Coverage({ coverage: { files, unmeasured } }: { readonly coverage: CoverageAnswer }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = files.find(({ file }) => file === chosen) ?? null;
  return (
    <Card title="Coverage">
      {files.length === 0 ? (
        <Empty>Nothing was measured: no scenario ran a file in TypeScript or JavaScript.</Empty>
      ) : (
        <Table
          caption="What the scenarios cover"
          hideCaption
          columns={[
            {
              key: "file",
              label: "File",
              cell: ({ file }) => (
                <Button kind="plain" pressed={file === chosen} onClick={() => setChosen(file === chosen ? null : file)}>
                  {file}
                </Button>
              ),
            },
            { key: "lines", label: "Lines", number: true, cell: ({ summary }) => <Part of={summary.lines} /> },
            { key: "branches", label: "Branches", number: true, cell: ({ summary }) => <Part of={summary.branches} /> },
            {
              key: "functions",
              label: "Functions",
              number: true,
              cell: ({ summary }) => <Part of={summary.functions} />,
            },
          ]}
          rows={files}
          keyOf={({ file }) => file}
        />
      )}
      {unmeasured.length > 0 && (
        <Notice tone="info">
          Not measured, for that is for TypeScript and JavaScript that ran: {unmeasured.join(", ")}.
        </Notice>
      )}
      {shown !== null && <Lines key={shown.file} of={shown} />}
    </Card>
  );
}

/** Cut, not rounded: what is not whole is never 100. */
function Part({ of: { covered, total } }: { readonly of: Share }) {
  const part = total === 0 ? 100 : Math.floor((covered * 1_000) / total) / 10;
  return <Badge tone={part >= WELL ? "good" : part >= FAIR ? "warn" : "bad"}>{part} %</Badge>;
}

function Lines({ of: { file, lines, branches, source } }: { readonly of: CoverageAnswer["files"][number] }) {
  if (source === null) return <Notice tone="warn">{file} cannot be read any more.</Notice>;
  const hits = new Map(lines.map((line) => [line.line, line.hits]));
  const halves = new Set(branches.filter((each) => each.hits.includes(0)).map(({ line }) => line));
  return (
    <pre class="code covered" tabIndex={0} role="region" aria-label={`${file}, line by line`}>
      {source
        .replace(/\n$/, "")
        .split("\n")
        .map((text, index) => {
          const line = index + 1;
          const count = hits.get(line);
          const isHalf = count !== undefined && count > 0 && halves.has(line);
          const kind = count === 0 ? "gone" : isHalf ? "half" : "";
          return (
            <div key={line} class={kind}>
              <span class="line-number" aria-hidden="true">
                {line}
              </span>
              <span class="hits">
                {count === undefined ? "" : `${count}×`}
                <span class="hidden-text">{count === 0 ? " never ran: " : isHalf ? " not every way was taken: " : " "}</span>
              </span>
              {text}
            </div>
          );
        })}
    </pre>
  );
} // prettier-ignore
