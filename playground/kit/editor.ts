/** A code editor as the page knows it, whatever library draws it. */
export interface EditorMistake {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What the file that is loaded later gives. */
export interface EditorHandle {
  setText(text: string): void;
  setMistakes(mistakes: readonly EditorMistake[]): void;
  destroy(): void;
}

export interface EditorSetup {
  readonly parent: HTMLElement;
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
  /** Completions: the names of properties that a schema knows below a path. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined;
}
