/** The author's page of one session: `openPage`, which `baton dev` calls. */
import type { DevEvent } from "../author/session/events.ts";
import type { Session } from "../author/session/session.ts";
import { Simulator } from "../author/simulator/simulator.ts";
import type { PageEvent } from "./events.ts";
import { EventStream } from "./server/event-stream.ts";
import { servePage } from "./server/page-server.ts";
import { type Measure, passOn, type Parts } from "./server/parts.ts";
import { Runs } from "./server/runs.ts";

export interface PageOptions {
  readonly session: Session;
  readonly folder: string;
  readonly root: string;
  readonly live: boolean;
  /** What can say what scenarios cover. */
  readonly measure?: Measure | undefined;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface Page {
  /** With the token in it. */
  readonly url: string;
  /** Passes an event of the session on to every open page. */
  send(event: DevEvent): void;
  close(): Promise<void>;
}

export async function openPage({ session, folder, root, live, port, measure }: PageOptions): Promise<Page> {
  const stream = new EventStream<PageEvent>();
  const simulator = new Simulator({
    runner: session.runner,
    live,
    onChange: (conversation) => {
      if (stream.pages === 0) return;
      void conversation.view().then(
        (view) => stream.send({ event: "conversation", conversation: view }),
        // It was ended meanwhile.
        () => undefined,
      );
    },
  });
  const parts: Parts = { session, folder, root, live, simulator, runs: new Runs(), stream, measure };
  const server = await servePage(parts, { port });
  return {
    url: server.url,
    send: (event) => passOn(parts, event),
    async close() {
      await server.close();
      await simulator.close();
    },
  };
}
