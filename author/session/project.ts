/**
 * The project: what the files of a watched folder are to each other, which are actions, which scenarios are whose, and which runs a change asks for.
 * Found by names and by a glance at the text, so that it costs nothing beside a run.
 */
import { basename, dirname, resolve, sep } from "node:path";
import { glanceAt } from "../../base/glance.ts";
import { actionBeside, contextBeside, isScenarioFile, isScript, looksLikeAction } from "../scenarios/files.ts";
import type { Change } from "./watch.ts";

export interface Affected {
  /** Their own files, scenarios, contexts or configuration have changed. */
  readonly certain: readonly string[];
  /** Something has changed that they may import. */
  readonly perhaps: readonly string[];
}

/** `action` as a key, in JSON, YAML and TypeScript. */
const NAMED_ACTION = /(?:^|[{,\s-])["']?action["']?\s*:\s*["']?([^"'\s,}#]+)/gm;

export class Project {
  readonly #only: string | undefined;
  readonly #folder: string;
  readonly #files: () => readonly string[];
  /** Once an action, always one: a save that spoils its export is to be reported, not ignored. */
  readonly #actions = new Set<string>();
  /** Contexts that scenarios of an action name. */
  readonly #contexts = new Map<string, Set<string>>();
  #scenarios: ReadonlyMap<string, readonly string[]> | null = null;

  /** `folder` is where actions count; their scenarios, contexts and configuration may lie elsewhere. */
  constructor(
    files: () => readonly string[],
    { folder, only }: { readonly folder: string; readonly only?: string | undefined },
  ) {
    this.#files = files;
    this.#folder = folder;
    this.#only = only;
  }

  get actions(): readonly string[] {
    return [...this.#actions];
  }

  /** Looks at every file. */
  read(): void {
    this.#adopt(this.#files());
  }

  change({ changed, removed }: Change): Affected {
    // An action whose scenario file is gone now runs without it.
    const before = this.#allScenarios();
    this.#scenarios = null;
    for (const path of removed) {
      this.#actions.delete(path);
      this.#contexts.delete(path);
    }
    this.#adopt(changed);
    const touched = [...changed, ...removed];
    const certain = this.actions.filter((action) =>
      touched.some((path) => this.#concerns(path, action) || (before.get(action)?.includes(path) ?? false)),
    );
    const hasModule = touched.some(
      (path) => /\.(?:[mc]?[tj]s|json)$/.test(path) && !this.#actions.has(path) && !isScenarioFile(path),
    );
    return { certain, perhaps: hasModule ? this.actions.filter((action) => !certain.includes(action)) : [] };
  }

  scenarioFiles(action: string): readonly string[] {
    return this.#allScenarios().get(action) ?? [];
  }

  rememberContexts(action: string, files: readonly string[]): void {
    this.#contexts.set(action, new Set([...(this.#contexts.get(action) ?? []), ...files]));
  }

  #adopt(paths: readonly string[]): void {
    if (this.#only !== undefined) {
      if (paths.includes(this.#only)) this.#actions.add(this.#only);
      return;
    }
    const own = (path: string): boolean => isBelow(this.#folder, path);
    for (const path of paths) if (own(path) && looksLikeAction(path)) this.#actions.add(path);
    for (const action of this.#allScenarios().keys()) if (own(action) && isScript(action)) this.#actions.add(action);
  }

  #concerns(path: string, action: string): boolean {
    if (path === action || basename(path) === "baton.config.json") return true;
    if (isScenarioFile(path)) return this.scenarioFiles(action).includes(path);
    return path === contextBeside(action) || (this.#contexts.get(action)?.has(path) ?? false);
  }

  #allScenarios(): ReadonlyMap<string, readonly string[]> {
    if (this.#scenarios !== null) return this.#scenarios;
    const files = this.#files();
    const known = new Set(files);
    const all = new Map<string, string[]>();
    for (const file of files.filter(isScenarioFile)) {
      const owners = [actionBeside(file), ...namedActions(file)].filter((path) => path !== null && known.has(path));
      for (const owner of new Set(owners as string[])) all.set(owner, [...(all.get(owner) ?? []), file]);
    }
    this.#scenarios = all;
    return all;
  }
}

export function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

function namedActions(scenarioFile: string): string[] {
  const named = glanceAt(scenarioFile).matchAll(NAMED_ACTION);
  return [...named].map((match) => resolve(dirname(scenarioFile), match[1]!));
}
