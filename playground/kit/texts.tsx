/** Facts, JSON and pieces of source, as they are read. */
import type { ComponentChildren } from "preact";

export function Facts({ of }: { readonly of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}

export function JsonBlock({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <pre class="code wrap" tabIndex={0} role="region" aria-label={label}>
      {JSON.stringify(value, null, 2) ?? "undefined"}
    </pre>
  );
}

/** A code frame, or any text whose columns count. */
export function Frame({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
  );
}
