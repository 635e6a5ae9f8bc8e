/** What could not run, or does not type-check, each with its code frame and a link into the editor. */
import { Frame, Notice } from "../kit/index.ts";
import { EditorLink, placeIn } from "./editor-link.tsx";
import { problems } from "./store.ts";

const SHOWN = 5;

export function Problems() {
  const all = problems.value;
  return (
    <section aria-label="Problems" class="stack">
      {all.slice(0, SHOWN).map(({ code, message, frame, action, scenario }) => (
        <Notice
          key={`${code} ${action} ${message}`}
          tone="bad"
          title={`${action ?? "The project"}${scenario === null ? "" : `, ${scenario}`}: ${code}`}
        >
          <div class="stack tight">
            <p>{message}</p>
            {frame !== null && <Frame text={frame} label={`Code frame of ${action ?? "the problem"}`} />}
            {action !== null && <EditorLink file={action} place={placeIn(message) ?? placeIn(frame ?? "")} />}
          </div>
        </Notice>
      ))}
      {all.length > SHOWN && <p class="quiet">And {all.length - SHOWN} more.</p>}
    </section>
  );
}
