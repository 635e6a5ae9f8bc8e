import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "./conformance.ts";
import { startPostgres } from "./postgres-server.ts";

describeStore("memory", async () => ({ first: "memory:", again: null }));

describeStore("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-sqlite-"));
  const address = `sqlite:${join(folder, "handoffs.db")}`;
  return { first: address, again: address, end: async () => rmSync(folder, { recursive: true }) };
});

describeStore("postgres", async () => {
  const server = await startPostgres();
  return { first: server.url(), again: server.url(), end: () => server.stop() };
});
