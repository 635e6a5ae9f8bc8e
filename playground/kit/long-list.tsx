/** A list of any length, one of which is chosen: only what is in sight is drawn, so that thousands scroll as smoothly as ten. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** Rows beyond the edges, so that a quick scroll does not run into white. */
const BEYOND = 8;

// oxlint-disable-next-line eslint/max-lines-per-function -- the markup of one view
export function LongList<T>(props: {
  readonly label: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly chosen: string | null;
  readonly onChoose: (key: string) => void;
  readonly rowHeight: number;
  readonly height: number;
  readonly row: (item: T) => ComponentChildren;
}) {
  const { items, keyOf, rowHeight, height } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.floor(top / rowHeight) - BEYOND);
  const last = Math.min(items.length, Math.ceil((top + height) / rowHeight) + BEYOND);
  const at = items.findIndex((item) => keyOf(item) === props.chosen);
  const choose = (index: number): void => {
    const item = items[Math.max(0, Math.min(items.length - 1, index))];
    if (item !== undefined) props.onChoose(keyOf(item));
  };
  useEffect(() => {
    const element = box.current;
    if (element === null || at < 0) return;
    const from = at * rowHeight;
    if (from < element.scrollTop) element.scrollTop = from;
    if (from + rowHeight > element.scrollTop + height) element.scrollTop = from + rowHeight - height;
  }, [at]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0 };
    const more: Readonly<Record<string, number>> = { End: items.length - 1, PageDown: at + page, PageUp: at - page };
    const to = steps[event.key] ?? more[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  };
  return (
    <div
      class="long-list"
      ref={box}
      role="listbox"
      aria-label={props.label}
      tabIndex={0}
      aria-activedescendant={at >= first && at < last ? `${id}-${at}` : undefined}
      style={{ height: `${height}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, offset) => {
          const index = first + offset;
          return (
            <div
              key={keyOf(item)}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at ? "true" : "false"}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onClick={() => choose(index)}
            >
              {props.row(item)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
