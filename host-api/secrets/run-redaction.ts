/**
 * Redaction of a run: what of a run is looked through for which secrets. A value can come back only from a server that may have it, so the answers of a
 * secret's own hosts are looked through, and what the action makes once such an answer has come. Everything else is passed on untouched: to redact it
 * would reveal the value to a server, or to an action that lists guesses.
 */
import { matchesHost } from "../fetch/policy.ts";
import type { Target } from "../fetch/policy.ts";
import { NO_REDACTION, createRedactor } from "./redact.ts";
import type { Redactor } from "./redact.ts";
import type { Secrets } from "./secrets.ts";

export interface RunRedaction {
  /** For what this server answers; from now on its secrets may be in what the action makes. */
  answered(target: Target): Redactor;
  /** For an address or an error that one of these servers had a part in. */
  ofAll(targets: readonly Target[]): Redactor;
  /** For what the action makes, as it stands now. */
  readonly made: Redactor;
}

/** Most runs have none. */
const NOTHING_TO_REDACT: RunRedaction = {
  answered: () => NO_REDACTION,
  ofAll: () => NO_REDACTION,
  made: NO_REDACTION,
};

export function createRunRedaction(secrets: Secrets): RunRedaction {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return NOTHING_TO_REDACT;
  const known = new Map<string, Redactor>();
  const brought = new Set<string>();
  const redactorOf = (isAmong: (name: string) => boolean): Redactor => {
    const chosen = entries.filter(([name]) => isAmong(name));
    const key = chosen.map(([name]) => name).join(" ");
    const redactor = known.get(key) ?? createRedactor(Object.fromEntries(chosen));
    known.set(key, redactor);
    return redactor;
  };
  const belongsTo = (name: string, target: Target): boolean => matchesHost(secrets[name]!.hosts, target);
  const ofAll = (targets: readonly Target[]): Redactor =>
    redactorOf((name) => targets.some((target) => belongsTo(name, target)));
  return {
    answered(target) {
      for (const [name] of entries) if (belongsTo(name, target)) brought.add(name);
      return ofAll([target]);
    },
    ofAll,
    get made() {
      return redactorOf((name) => brought.has(name));
    },
  };
}
