/** The routes for people: one page without scripts, made from the same table as the document. */
import { ROUTES } from "../routes/index.ts";
import type { Route } from "../routes/route.ts";

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.4rem .6rem;vertical-align:top}
code{font:14px ui-monospace,monospace;white-space:nowrap}td:first-child{width:1%}small{color:#555}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}td{border-color:#333}small{color:#aaa}}`;

export function docsPage(version: string): string {
  const routes = Object.values(ROUTES as Readonly<Record<string, Route>>);
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const sections = tags.map(
    (tag) =>
      `<h2>${tag}</h2><table>${routes
        .filter((route) => route.tag === tag)
        .map(rowOf)
        .join("")}</table>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Baton ${escaped(version)}</title><style>${STYLE}</style>
<h1>Baton ${escaped(version)}</h1><p>The document for programs is <a href="/openapi.json">/openapi.json</a>. A key goes into
<code>Authorization: Bearer …</code>; every error is <code>application/problem+json</code> with a code.</p>${sections.join("")}</html>`;
}

function rowOf({ method, path, summary, access }: Route): string {
  const shown = path.replaceAll(/:(\w+)/g, "{$1}");
  const scopes =
    access.of === "open" ? "no key" : `${access.scopes.join(", ")}${access.of === "platform" ? " (all tenants)" : ""}`;
  return `<tr><td><code>${method}</code></td><td><code>${escaped(shown)}</code></td><td>${escaped(summary)}<br><small>${scopes}</small></td></tr>`;
}
