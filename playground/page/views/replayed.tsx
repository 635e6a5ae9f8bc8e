/** What a replay came to beside the run that was recorded: the same, or the first call and the values that are not. */
import type { Divergence, Json } from "../../../runtime/index.ts";
import type { ReplayView } from "../../events.ts";
import { Notice, Table } from "../../kit/index.ts";

const SAME = {
  exact: "The same run again: the same turns, the same calls, the same outcome to the byte.",
  decisions: "The same decisions again; some of the recording was taken out.",
  changed: "The code as it is now does the same.",
} as const;

const OTHER = {
  exact: "It did not go the same way again.",
  decisions: "It did not decide the same again.",
  changed: "The code as it is now does something else.",
} as const;

export function Replayed({ replayed }: { readonly replayed: ReplayView }) {
  const { mode, equal, divergence, differences, unanswered } = replayed;
  if (equal) return <Notice tone="good">{SAME[mode]}</Notice>;
  return (
    <Notice tone="bad" title={OTHER[mode]}>
      <div class="stack tight">
        {divergence !== null && <FirstCall divergence={divergence} />}
        {unanswered.map((request) => (
          <p key={request}>It asks for {request}, which the recording has no answer to.</p>
        ))}
        {differences.length > 0 && (
          <Table
            caption="What is not the same"
            hideCaption
            columns={[
              { key: "path", label: "Where", cell: ({ path }) => <code>{path === "" ? "the order of keys" : path}</code> },
              { key: "recorded", label: "Recorded", cell: ({ recorded }) => <Value of={recorded} /> },
              { key: "replayed", label: "Replayed", cell: ({ replayed: now }) => <Value of={now} /> },
            ]}
            rows={differences}
            keyOf={({ path }) => path}
          />
        )}
      </div>
    </Notice>
  );
} // prettier-ignore

function FirstCall({ divergence: { call, recorded, replayed } }: { readonly divergence: Divergence }) {
  return (
    <>
      <p>Call {call + 1} is the first that is another one.</p>
      <p>
        Recorded: <code>{callText(recorded)}</code>
      </p>
      <p>
        Replayed: <code>{callText(replayed)}</code>
      </p>
    </>
  );
}

const MOST_CHARS = 2_000;

function callText(call: Divergence["recorded"]): string {
  if (call === null) return "no such call";
  const { name, ...rest } = call;
  return `${name} ${JSON.stringify(rest)}`.slice(0, MOST_CHARS);
}

function Value({ of }: { readonly of: Json | undefined }) {
  return <code>{of === undefined ? "nothing" : JSON.stringify(of).slice(0, MOST_CHARS)}</code>;
}
