/** Writes `service/client/paths.ts` from the table of routes, so that the client needs neither zod nor any other part of the service. */
import { writeFileSync } from "node:fs";
import { ROUTES } from "../service/routes/index.ts";
import type { Route } from "../service/routes/route.ts";

export const PATHS_FILE = new URL("../service/client/paths.ts", import.meta.url);

export function pathsFile(): string {
  const rows = Object.entries(ROUTES as Readonly<Record<string, Route>>).map(
    ([name, { method, path, media, bodyMedia, rawBody }]) => {
      const kind = media === "text/event-stream" ? "events" : media === undefined ? "json" : "text";
      const body = rawBody === true ? "raw" : bodyMedia === undefined ? null : "form";
      const form = body === null ? "" : `, body: "${body}"`;
      return `  ${name}: { method: "${method}", path: "${path}", answer: "${kind}"${form} },\n`;
    },
  );
  return `/** Made from the table of routes by scripts/service-paths.ts. */\n// prettier-ignore\nexport const PATHS = {\n${rows.join("")}} as const;\n`;
}

if (import.meta.main) writeFileSync(PATHS_FILE, pathsFile());
