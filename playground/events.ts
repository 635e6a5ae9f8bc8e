/** Events of an open page: those of the session as the terminal has them, and what only a page shows. */
import type { DevEvent, RunEvent } from "../author/session/events.ts";
import type { ConversationView } from "../author/simulator/history.ts";

export type PageEvent =
  | Exclude<DevEvent, RunEvent>
  | (RunEvent & { readonly run: RunSummary })
  | { readonly event: "hello"; readonly project: ProjectView }
  | { readonly event: "project"; readonly project: ProjectView }
  | { readonly event: "conversation"; readonly conversation: ConversationView };

export type RunOrigin = "save" | "page" | "simulator";

export interface RunSummary {
  readonly id: number;
  readonly action: string;
  readonly scenario: string | null;
  readonly origin: RunOrigin;
  /** ISO 8601. */
  readonly at: string;
  readonly status: string;
  /** The outcome in a word or two. */
  readonly word: string;
  readonly ok: boolean;
  readonly wallMs: number;
}

export interface ProjectView {
  readonly folder: string;
  readonly live: boolean;
  readonly actions: readonly ActionView[];
  /** Paths of contexts, as seen from the folder. */
  readonly contexts: readonly string[];
  /** Where the folder lies, for links that open an editor. */
  readonly root: string;
}

export interface ActionView {
  readonly path: string;
  readonly scenarios: readonly string[];
}
