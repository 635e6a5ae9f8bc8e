/** Several views of one thing, one at a time; the arrow keys move between them. */
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";

export function Tabs(props: {
  readonly label: string;
  readonly tabs: readonly { readonly key: string; readonly label: string; readonly content: () => ComponentChildren }[];
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(props.tabs[0]?.key);
  const at = Math.max(
    0,
    props.tabs.findIndex(({ key }) => key === chosen),
  );
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const next = (at + step + props.tabs.length) % props.tabs.length;
    setChosen(props.tabs[next]?.key);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div class="stack">
      <div role="tablist" aria-label={props.label} ref={list} onKeyDown={move}>
        {props.tabs.map(({ key, label }, index) => (
          <button
            key={key}
            type="button"
            role="tab"
            id={`${id}-${key}`}
            aria-selected={index === at ? "true" : "false"}
            aria-controls={`${id}-panel`}
            tabIndex={index === at ? 0 : -1}
            onClick={() => setChosen(key)}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${props.tabs[at]?.key}`}
        tabIndex={0}
        class="stack"
      >
        {props.tabs[at]?.content()}
      </div>
    </div>
  );
}
