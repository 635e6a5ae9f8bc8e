/** Has a context's text checked by the server as it is typed: against its JSON, and against the runtime's own schema. */
import { useEffect, useState } from "preact/hooks";
import type { EditorMistake } from "../kit/index.ts";
import { api } from "./store.ts";
import { useLoaded } from "./use-loaded.ts";

const TYPING_MS = 200;

/** `text` is null while nothing is typed. */
export function useContextCheck(text: string | null) {
  const [mistakes, setMistakes] = useState<readonly EditorMistake[]>([]);
  const { value: schema } = useLoaded<Readonly<Record<string, unknown>>>("/api/schema/context");
  useEffect(() => {
    if (text === null) return setMistakes([]);
    let isOver = false;
    const timer = setTimeout(() => {
      api.post<{ readonly mistakes: readonly EditorMistake[] }>("/api/context/check", { text }).then(
        (answer) => isOver || setMistakes(answer.mistakes),
        () => undefined,
      );
    }, TYPING_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [text]);
  return { mistakes, schema: schema ?? undefined };
}
