/** The executions that run on this node, so that each can be cancelled: by its own caller, by another's request, by the end of it all. */
export interface RunningExecutions {
  add(tenant: string, executionId: string): { readonly signal: AbortSignal; done(): void };
  /** False: it does not run here. */
  cancel(tenant: string, executionId: string): boolean;
  readonly size: number;
}

export function createRunning(): RunningExecutions {
  const running = new Map<string, Set<AbortController>>();
  const nameOf = (tenant: string, executionId: string): string => JSON.stringify([tenant, executionId]);
  return {
    add(tenant, executionId) {
      const name = nameOf(tenant, executionId);
      const controller = new AbortController();
      const same = running.get(name) ?? new Set();
      running.set(name, same.add(controller));
      return {
        signal: controller.signal,
        done() {
          same.delete(controller);
          if (same.size === 0) running.delete(name);
        },
      };
    },
    cancel(tenant, executionId) {
      const found = running.get(nameOf(tenant, executionId));
      for (const controller of found ?? []) controller.abort();
      return found !== undefined;
    },
    get size() {
      return running.size;
    },
  };
}
