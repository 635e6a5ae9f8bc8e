/** What an action made of stacks, in its log and its result, leads to the author's lines before anything else reads it. */
import { createSlices } from "../base/slices.ts";
import type { Artifact } from "../languages/action.ts";
import type { Language, OwnTexts } from "../languages/language.ts";
import type { Completion, Json } from "../sandbox/index.ts";

/** Values that are looked through between two looks at the clock. */
const VALUES = 256;

export interface ActionTexts {
  /** The very same text where there is nothing of the guest's in it; only where there is, what reads errors is loaded. */
  map(text: string, wasCut?: boolean): string | Promise<string>;
}

export function actionTexts(language: Language, artifact: Artifact): ActionTexts {
  const { positionMark = "" } = language;
  // A text that was cut may end in the middle of a mark.
  const beginning = positionMark.slice(0, positionMark.indexOf(":") + 1);
  let own: Promise<OwnTexts | null> | undefined;
  const load = (): Promise<OwnTexts | null> =>
    (own ??= language.errors().then((errors) => errors.texts?.(artifact) ?? null));
  return {
    map(text, wasCut = false) {
      if (beginning === "" || !text.includes(beginning)) return text;
      return load().then((texts) => (wasCut ? texts?.mapCut(text) : texts?.map(text)) ?? text);
    },
  };
}

export async function withOwnTexts(completion: Completion, texts: ActionTexts): Promise<Completion> {
  const { end } = completion;
  const slices = createSlices();
  const logs: Completion["logs"][number][] = [];
  for (const line of completion.logs) {
    const message = await texts.map(line.message);
    if (message !== line.message) await slices.pause();
    logs.push(message === line.message ? line : { ...line, message });
  }
  if (end.type === "returned" && end.hasPositions) {
    let left = VALUES;
    const visit = async (value: Json): Promise<Json> => {
      if (--left === 0) {
        left = VALUES;
        await slices.pause();
      }
      if (typeof value === "string") return texts.map(value);
      if (value === null || typeof value !== "object") return value;
      if (Array.isArray(value)) {
        const items: Json[] = [];
        for (const item of value as readonly Json[]) items.push(await visit(item));
        return items;
      }
      const entries: [string, Json][] = [];
      for (const [key, item] of Object.entries(value)) entries.push([key, await visit(item)]);
      return Object.fromEntries(entries) as Json;
    };
    return { ...completion, logs, end: { ...end, value: await visit(end.value) } };
  }
  if (end.type === "threw" || end.type === "bad_result") {
    const error = { ...end.error, message: await texts.map(end.error.message) };
    return { ...completion, logs, end: { ...end, error } };
  }
  return { ...completion, logs };
}
