/** A way to a server that can go silent: nothing comes through, no connection is refused and none ends. What a cut cable looks like. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface SilentProxy {
  readonly port: number;
  silent: boolean;
  close(): Promise<void>;
}

export async function startSilentProxy(target: {
  readonly port: number;
  readonly host?: string;
  /** The address that it listens on; this machine's own alone, without it. */
  readonly at?: string;
}): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target.port, target.host ?? "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => {
        if (!proxy.silent) to.write(chunk);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        // With a cut cable neither side learns that the other has gone.
        if (!proxy.silent) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, target.at ?? "127.0.0.1", resolve));
  const proxy: SilentProxy = {
    port: (server.address() as AddressInfo).port,
    silent: false,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
