/** Words with a colour. The colour never says more than the words do. */
import type { ComponentChildren } from "preact";

export type Tone = "plain" | "good" | "bad" | "warn" | "info";

export function Badge({ tone = "plain", children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function Notice(props: {
  readonly tone?: Tone;
  readonly title?: string | undefined;
  /** Read aloud as soon as it appears. */
  readonly alert?: boolean | undefined;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class={`notice ${props.tone ?? "plain"}`} role={props.alert === true ? "alert" : undefined}>
      {props.title !== undefined && <strong>{props.title} </strong>}
      {props.children}
    </div>
  );
}

/** What went wrong with the last thing that was asked for; nothing where nothing did. */
export function Mistake({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  return (
    <Notice tone="bad" alert>
      {text}
    </Notice>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
