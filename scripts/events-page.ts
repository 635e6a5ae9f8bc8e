/** Writes `docs/events.md` from the events as the rooms declare them. */
import { writeFileSync } from "node:fs";
import type { EventDeclaration } from "../base/events.ts";
import { EVENTS } from "../runtime/events.ts";

const page = new URL("../docs/events.md", import.meta.url);

const INTRO = `\`runtime.subscribe(listener)\` calls \`listener\` with what happens in a runtime and in its keeper of hand-offs, within the turn in which it
happens, and returns what ends that. An event is a plain object: \`event\` is its name, the other fields stand below. A field that does not
apply is null. No event holds a context, an argument, a reason, a return value or a phone number. Where nothing listens, an event costs nothing; a
listener that throws is reported as a warning of the process and takes nothing along.

\`\`\`js
const end = runtime.subscribe((event) => {
  if (event.event === "worker.ended" && !event.isExpected) metrics.increment("baton_workers_lost");
});
\`\`\`

Units: \`ms\` milliseconds, \`bytes\` bytes, \`count\` a number, \`flag\` true or false, \`text\` a name, an id or a code. This page is made from the
declarations in the sources.
`;

export function eventsPage(): string {
  return `# Events\n\n${INTRO}\n${Object.entries(EVENTS).map(section).join("\n")}`;
}

function section([name, { meaning, fields }]: [string, EventDeclaration]): string {
  const listed = Object.entries(fields).map(([field, unit]) => `- \`${field}\`: ${unit}`);
  return `## ${name}\n\n${meaning}\n\n${listed.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(page, eventsPage());
