/** The page's store: what the page knows: filled by calls at the start and by events afterwards. Views read it and ask for the rest themselves. */
import { computed, signal } from "@preact/signals";
import type { ProblemEvent } from "../../author/session/events.ts";
import type { ConversationView } from "../../author/simulator/history.ts";
import type { PageEvent, ProjectView, RunSummary } from "../events.ts";
import { announce, createApi, followEvents } from "../kit/index.ts";

export const api = createApi("");

export const project = signal<ProjectView | null>(null);
/** The newest first. */
export const runs = signal<readonly RunSummary[]>([]);
export const problems = signal<readonly ProblemEvent[]>([]);
export const conversations = signal<readonly ConversationView[]>([]);
export const chosenConversation = signal<string | null>(null);
export const isConnected = signal(false);
/** Grows with every save that was run: what was looked at may have changed. */
export const saves = signal(0);

export const conversation = computed(
  () => conversations.value.find(({ id }) => id === chosenConversation.value) ?? null,
);

const MAX_RUNS = 2_000;

export function keepConversation(view: ConversationView): void {
  const others = conversations.value.filter(({ id }) => id !== view.id);
  conversations.value = [...others, view].toSorted((left, right) => Number(left.id) - Number(right.id));
}

export function follow(): () => void {
  const stop = followEvents("/events", onEvent, (connected) => (isConnected.value = connected));
  return stop;
}

function onEvent(event: PageEvent): void {
  switch (event.event) {
    case "hello":
      project.value = event.project;
      void load();
      return;
    case "project":
      project.value = event.project;
      return;
    case "run":
      runs.value = [event.run, ...runs.value.filter(({ id }) => id !== event.run.id)].slice(0, MAX_RUNS);
      return;
    case "problem":
      problems.value = [...problems.value, event];
      announce(`${event.action ?? "The project"}: ${event.message}`);
      return;
    case "started":
      problems.value = problems.value.filter(({ action }) => action !== null && !event.actions.includes(action));
      return;
    case "done":
      saves.value += 1;
      return;
    case "conversation":
      keepConversation(event.conversation);
      return;
    // The view of the matrix runs it for itself.
    case "matrix":
    case "ready":
      return;
    default:
      return event satisfies never;
  }
}

/** After each connection: what happened while there was none came by no event. */
async function load(): Promise<void> {
  const [kept, going] = await Promise.all([
    api.get<RunSummary[]>("/api/runs"),
    api.get<ConversationView[]>("/api/conversations"),
  ]);
  runs.value = kept.toReversed();
  conversations.value = going;
  if (conversation.value === null) chosenConversation.value = going.at(-1)?.id ?? null;
}
