/** What happened when: one line for each thing, with a bar for how long it took. The times stand in text as well. */
import type { ComponentChildren } from "preact";
import type { Tone } from "./status.tsx";
import { duration } from "./time.ts";

export interface TimelineRow {
  readonly key: string;
  readonly label: ComponentChildren;
  /** Milliseconds from the start. */
  readonly at: number;
  /** Null for something that takes no time. */
  readonly ms: number | null;
  readonly tone?: Tone | undefined;
}

export function Timeline({ label, rows }: { readonly label: string; readonly rows: readonly TimelineRow[] }) {
  const end = Math.max(1, ...rows.map(({ at, ms }) => at + (ms ?? 0)));
  return (
    <ol class="timeline" aria-label={label}>
      {rows.map((row) => (
        <li key={row.key}>
          <div>{row.label}</div>
          <div class="track" aria-hidden="true">
            <svg viewBox="0 0 1000 14" preserveAspectRatio="none">
              <rect
                class={`fill-${row.tone ?? "info"}`}
                x={(row.at / end) * 996}
                y="2"
                height="10"
                width={Math.max(4, ((row.ms ?? 0) / end) * 996)}
                rx="2"
              />
            </svg>
          </div>
          <div class="ms small">
            {row.ms === null ? `at ${duration(row.at)}` : duration(row.ms)}
            {row.ms !== null && <span class="hidden-text">, beginning at {duration(row.at)}</span>}
          </div>
        </li>
      ))}
    </ol>
  );
}
