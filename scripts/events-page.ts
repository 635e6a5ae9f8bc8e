/** Writes `docs/events.md` from the events as the rooms declare them. */
import { writeFileSync } from "node:fs";
import type { EventDeclaration } from "../base/events.ts";
import { STAGE_CHANNEL } from "../base/stages.ts";
import { EVENTS } from "../runtime/events.ts";
import { EXECUTION_STAGES } from "../runtime/stages.ts";

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

const STAGES = `## Stages

Where the time of an execution goes is published, while something subscribes to it, on the channel \`${STAGE_CHANNEL}\` of
\`node:diagnostics_channel\`: one message \`{ executionId, stage, at }\` for each stage that an execution has reached. \`at\` is in microseconds of the
machine's monotonic clock (\`process.hrtime()\`), which is one clock for the host and its worker processes. What a worker process marks comes with its
last frame, after the outcome perhaps; sort by \`at\`. \`sent\`, \`call_answered\` and \`end_sent\` are marked after a write, when the other
process may be awake already. In order: ${EXECUTION_STAGES.map((stage) => `\`${stage}\``).join(", ")}. Those that begin with
\`call_\` are of a synchronous host call such as \`hand_off_conversation\`, each time. They change as the runtime does: read them, and build nothing on them.
\`npm run bench -- --only critical-path\` prints a table of them.
`;

export function eventsPage(): string {
  return `# Events\n\n${INTRO}\n${Object.entries(EVENTS).map(section).join("\n")}\n${STAGES}`;
}

function section([name, { meaning, fields }]: [string, EventDeclaration]): string {
  const listed = Object.entries(fields).map(([field, unit]) => `- \`${field}\`: ${unit}`);
  return `## ${name}\n\n${meaning}\n\n${listed.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(page, eventsPage());
