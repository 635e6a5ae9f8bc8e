/** Maps that remember how to undo what no sync has made durable yet: a power cut takes exactly that back. */
import { createMemoryRows, type MemoryRows } from "../../delivery/memory-rows.ts";

export interface Disk {
  readonly rows: MemoryRows;
  /** A point in the log of writes. */
  position(): number;
  /** Everything up to `position` survives from now on. */
  sync(position: number): void;
  cutPower(): void;
}

type Undo = () => void;

export function createDisk(): Disk {
  let undo: Undo[] = [];
  let synced = 0;
  const log = (action: Undo): void => {
    undo.push(action);
  };
  const rows = createMemoryRows();
  const journaled: MemoryRows = {
    handoffs: journaledMap(rows.handoffs, log),
    outbox: journaledMap(rows.outbox, log),
    claims: journaledMap(rows.claims, log),
    newest: journaledMap(rows.newest, log),
    open: journaledSet(rows.open, log),
    executions: journaledMap(rows.executions, log),
    changes: journaledMap(rows.changes, log),
    counters: journaledMap(rows.counters, log),
  };
  return {
    rows: journaled,
    position: () => synced + undo.length,
    sync(position) {
      if (position <= synced) return;
      undo = undo.slice(position - synced);
      synced = position;
    },
    cutPower() {
      // Undoing writes must not be logged as writing.
      const lost = undo;
      for (const back of lost.toReversed()) back();
      undo = [];
    },
  };
}

function journaledMap<K, V>(map: Map<K, V>, log: (undo: Undo) => void): Map<K, V> {
  const set = Map.prototype.set.bind(map) as (key: K, value: V) => Map<K, V>;
  const remove = Map.prototype.delete.bind(map) as (key: K) => boolean;
  const restore = (key: K): Undo => {
    const had = map.has(key);
    const value = map.get(key) as V;
    return () => void (had ? set(key, value) : remove(key));
  };
  map.set = (key, value) => {
    log(restore(key));
    return set(key, value);
  };
  map.delete = (key) => {
    log(restore(key));
    return remove(key);
  };
  return map;
}

function journaledSet<V>(of: Set<V>, log: (undo: Undo) => void): Set<V> {
  const add = Set.prototype.add.bind(of) as (value: V) => Set<V>;
  const remove = Set.prototype.delete.bind(of) as (value: V) => boolean;
  of.add = (value) => {
    if (!of.has(value)) log(() => void remove(value));
    return add(value);
  };
  of.delete = (value) => {
    if (of.has(value)) log(() => void add(value));
    return remove(value);
  };
  return of;
}
