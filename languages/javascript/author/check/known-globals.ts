/** Names that need no declaration in an action: those of the language, those that the declared types of an action's world bring, and Node's own, which have advice of their own. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DECLARED = /^[ \t]*(?:declare\s+)?(?:function|const|var|let|class)\s+([A-Za-z_$][\w$]*)/gm;

export const KNOWN_GLOBALS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(globalThis),
  ...ofActions(),
  "arguments",
  "undefined",
]);

function ofActions(): string[] {
  return ["host-api/globals.d.ts", "web/web-globals.d.ts"].flatMap((name) => {
    const path = fileURLToPath(new URL(`../../../../${name}`, import.meta.url));
    return [...readFileSync(path, "utf8").matchAll(DECLARED)].map((match) => match[1]!);
  });
}
