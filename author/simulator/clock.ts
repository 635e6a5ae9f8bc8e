/** The clock of a simulated conversation: the real time, or one that was set and goes on from there. */
export interface SimulatedClock {
  now(): Date;
  /** Null for the real time. */
  set(iso: string | null): void;
  readonly isSet: boolean;
}

export function createClock(): SimulatedClock {
  let offset: number | null = null;
  return {
    now: () => new Date(Date.now() + (offset ?? 0)),
    set(iso) {
      offset = iso === null ? null : Date.parse(iso) - Date.now();
    },
    get isSet() {
      return offset !== null;
    },
  };
}
