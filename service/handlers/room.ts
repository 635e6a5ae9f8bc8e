/** Room for actions and secrets: how many actions and secrets a tenant may have: a node reads all of them again with each change, and opens each secret. */
import { invalid } from "../fault.ts";
import type { Tenant } from "../tenant.ts";

const MAX_ACTIONS = 1_000;
/** As many as a run may have. */
const MAX_SECRETS = 100;

export function checkRoomForActions({ actions }: Tenant, names: readonly string[], path: string): void {
  const added = names.filter((name) => !actions.has(name));
  if (added.length > 0 && actions.size + added.length > MAX_ACTIONS)
    throw invalid(path, `a tenant has at most ${MAX_ACTIONS} actions`);
}

/** `gone` are deleted by the same change. */
export function checkRoomForSecrets(
  { secretHeads }: Tenant,
  names: readonly string[],
  path: string,
  gone: readonly string[] = [],
): void {
  const left = new Set(secretHeads.map(({ name }) => name).filter((name) => !gone.includes(name)));
  const added = names.filter((name) => !left.has(name));
  if (added.length > 0 && left.size + added.length > MAX_SECRETS)
    throw invalid(path, `a tenant has at most ${MAX_SECRETS} secrets`);
}
