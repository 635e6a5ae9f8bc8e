/**
 * A connection that listens: word from other processes that something changed. It is no more than a hint, since behind a pooler it may
 * never come; a reader that relies on it alone is wrong. Lost, the connection is opened again a second later, and counts as a hint then.
 */
import type { Client } from "pg";
import { LISTEN } from "./statements/postgres.ts";

export interface Listener {
  close(): Promise<void>;
}

const AGAIN_MS = 1_000;
const FAREWELL_MS = 1_000;

export function startListener(connect: () => Client, channel: string, onNotify: () => void): Listener {
  const state = { client: null as Client | null, closed: false, again: null as NodeJS.Timeout | null };

  function later(): void {
    if (!state.closed) state.again = setTimeout(() => void open(), AGAIN_MS).unref();
  }
  async function open(): Promise<void> {
    const client = connect();
    // Whatever becomes of it ends in `end`; an error that has no listener would end the process.
    client.on("error", () => {});
    client.on("notification", () => onNotify());
    try {
      await client.connect();
      state.client = client;
      client.once("end", () => {
        state.client = null;
        later();
      });
      if (state.closed) return await client.end();
      await client.query(LISTEN(channel));
      onNotify();
    } catch {
      cutOff(client);
      if (state.client === null) later();
    }
  }
  void open();
  return {
    async close() {
      state.closed = true;
      if (state.again !== null) clearTimeout(state.again);
      const { client } = state;
      if (client === null) return;
      const cut = setTimeout(() => cutOff(client), FAREWELL_MS);
      await client.end().catch(() => {});
      clearTimeout(cut);
    },
  };
}

/** A silent server says no farewell; `pg` keeps the socket where its type does not say so. */
function cutOff(client: Client): void {
  (
    client as unknown as { readonly connection?: { readonly stream?: { destroy(): void } } }
  ).connection?.stream?.destroy();
}
