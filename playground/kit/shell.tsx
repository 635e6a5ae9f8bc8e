/** The frame of a page: skip link, navigation, a heading that takes the focus when the view changes, light and dark. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Live } from "./announce.tsx";

export interface NavItem {
  readonly href: string;
  readonly label: string;
  readonly current: boolean;
  readonly badge?: ComponentChildren;
}

export function Shell(props: {
  readonly brand: string;
  readonly nav: readonly NavItem[];
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header>
        <span class="brand">{props.brand}</span>
        <nav aria-label="Views">
          <ul>
            {props.nav.map(({ href, label, current, badge }) => (
              <li key={href}>
                <a href={href} aria-current={current ? "page" : undefined}>
                  {label}
                  {badge}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        {props.aside}
        <ThemeSwitch />
      </header>
      <main id="main" tabIndex={-1}>
        {props.children}
      </main>
      <Live />
    </div>
  );
}

/** The address after `#` names the view, so the link must not change it. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

const THEMES = ["system", "light", "dark"] as const;

function ThemeSwitch() {
  const [theme, setTheme] = useState<string>(() => localStorage.getItem("theme") ?? "system");
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("theme", theme);
  }, [theme]);
  return (
    <label class="row small">
      <span class="hidden-text">Colours</span>
      <select class="input" value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
        {THEMES.map((each) => (
          <option key={each} value={each} selected={each === theme}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The view's heading. It takes the focus when the view changes, as a new page would. */
export function PageHead(props: { readonly title: string; readonly children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Baton`;
    // Not at the first view: the browser starts at the top by itself.
    if (document.body.dataset["seen"] === "yes") heading.current?.focus({ preventScroll: true });
    document.body.dataset["seen"] = "yes";
  }, [props.title]);
  return (
    <div class="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {props.title}
      </h1>
      {props.children !== undefined && <div class="row">{props.children}</div>}
    </div>
  );
}

export function Card(props: {
  readonly title?: string | undefined;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly class?: string | undefined;
}) {
  return (
    <section class={`card stack ${props.class ?? ""}`} aria-label={props.title}>
      {(props.title !== undefined || props.actions !== undefined) && (
        <header>
          {props.title !== undefined && <h2>{props.title}</h2>}
          {props.actions}
        </header>
      )}
      {props.children}
    </section>
  );
}
