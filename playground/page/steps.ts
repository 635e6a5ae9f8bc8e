/** The steps of a run as rows of a timeline. */
import { h } from "preact";
import type { Step } from "../../author/scenarios/steps.ts";
import type { TimelineRow } from "../kit/index.ts";

export function rowsOf(steps: readonly Step[]): TimelineRow[] {
  return steps.map(({ title, detail, at, ms, tone }, index) => ({
    key: String(index),
    label: [h("div", { key: "title" }, title), h("div", { key: "detail", class: "small quiet" }, detail)],
    ...{ at, ms },
    tone: tone === "plain" ? "info" : tone,
  }));
}
