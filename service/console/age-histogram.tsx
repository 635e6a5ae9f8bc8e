/** How long the hand-offs that wait have waited. */
import { age, BarChart, Card, type Bar } from "../../playground/kit/index.ts";
import type { Counts } from "./types.ts";

const STEPS = [
  ["1m", "< 1 min", "good"],
  ["10m", "1–10 min", "info"],
  ["1h", "10–60 min", "warn"],
  ["6h", "1–6 h", "bad"],
  ["24h", "6–24 h", "bad"],
] as const;

export function AgeHistogram({ counts }: { readonly counts: Counts | null }) {
  return (
    <Card title="Outbox">
      {counts !== null && (
        <p>
          {counts.waiting} wait, {counts.sending} are being sent, {counts.delivered} delivered, {counts.dead} dead. The
          oldest that waits: {age(counts.oldestWaitingSeconds * 1000)}.
        </p>
      )}
      <BarChart title="Waiting hand-offs by age" points={counts === null ? [] : bars(counts)} />
    </Card>
  );
}

function bars({ waiting, waitingLongerThan }: Counts): Bar[] {
  const found: Bar[] = [];
  let older = waiting;
  for (const [step, label, tone] of STEPS) {
    const beyond = waitingLongerThan[step];
    found.push({ label, value: Math.max(0, older - beyond), tone });
    older = beyond;
  }
  return [...found, { label: "> 24 h", value: older, tone: "bad" }];
}
