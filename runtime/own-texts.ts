/** What an action made of stacks, in its log and its result, leads to the author's lines before anything else reads it. */
import type { MaybePromise } from "../base/promises.ts";
import { createSlices } from "../base/slices.ts";
import type { Artifact } from "../languages/action.ts";
import type { Language, OwnTexts } from "../languages/language.ts";
import type { Completion } from "../sandbox/index.ts";
import { replaceTexts } from "./replace-texts.ts";

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

/** The very same completion where none of its texts can hold a stack. */
export function withOwnTexts(completion: Completion, texts: ActionTexts): MaybePromise<Completion> {
  const { end, logs } = completion;
  const isPlain =
    end.type === "returned" ? end.hasPositions !== true : end.type !== "threw" && end.type !== "bad_result";
  return isPlain && logs.length === 0 ? completion : replaced(completion, texts);
}

async function replaced(completion: Completion, texts: ActionTexts): Promise<Completion> {
  const { end } = completion;
  // Reading the run's end took a part of this turn already.
  const slices = createSlices({ isSpent: true });
  const logs: Completion["logs"][number][] = [];
  for (const line of completion.logs) {
    const message = await texts.map(line.message);
    if (message !== line.message) await slices.pause();
    logs.push(message === line.message ? line : { ...line, message });
  }
  if (end.type === "returned" && end.hasPositions) {
    const value = await replaceTexts(end.value, { text: (text) => texts.map(text) }, slices);
    return { ...completion, logs, end: { ...end, value } };
  }
  if (end.type === "threw" || end.type === "bad_result") {
    const error = { ...end.error, message: await texts.map(end.error.message) };
    return { ...completion, logs, end: { ...end, error } };
  }
  return { ...completion, logs };
}
