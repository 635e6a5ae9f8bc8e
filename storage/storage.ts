/** An open store with the tables of several rooms in it: one file or one pool of connections, however many schemas use it. */
import type { Operations, StoreSchema } from "./schema.ts";
import type { Store } from "./store.ts";

export interface Storage extends AsyncDisposable {
  readonly name: "memory" | "sqlite" | "postgres";
  /** The tables of one schema; it has to be among those that the storage was opened with. Closing it closes nothing. */
  of<Ops extends Operations>(schema: StoreSchema<Ops>): Store<Ops>;
  time?(): Promise<number>;
  compact?(): Promise<boolean>;
  /** Calls `onNotify` when another process notifies the channel: a hint, which may not come. Until the storage is closed. */
  listen?(channel: string, onNotify: () => void): void;
  notify?(channel: string): void;
  close(): Promise<void>;
}
