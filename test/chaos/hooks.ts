/**
 * Loaded before anything else in a host process and in its threads: puts marks around the commits themselves, which happen inside the
 * stores' drivers. Under the control `relaxed-sync` it also turns the sync off, and always says which level the connection has.
 */
import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { createMarks, tell, type KillOrder } from "./marks.ts";

const { CHAOS_KILL, CHAOS_CONTROL } = process.env;
const mark = createMarks(CHAOS_KILL ? (JSON.parse(CHAOS_KILL) as KillOrder) : null);

const prepare = DatabaseSync.prototype.prepare;
DatabaseSync.prototype.prepare = function (this: DatabaseSync, text: string, ...rest: []) {
  const statement = prepare.call(this, text, ...rest);
  if (text !== "commit") return statement;
  if (CHAOS_CONTROL === "relaxed-sync") this.exec("pragma synchronous = off");
  const { synchronous } = prepare.call(this, "pragma synchronous").get() as { synchronous: number };
  tell({ type: "sync", level: synchronous });
  const run = statement.run.bind(statement);
  statement.run = () => {
    mark("before-commit");
    const result = run();
    mark("after-commit");
    return result;
  };
  return statement;
};

// A claim in PostgreSQL is one statement that commits itself: before it is sent and after its answer is all there is to see from here.
type Query = (config: unknown, ...rest: unknown[]) => unknown;
const client = Client.prototype as unknown as { query: Query };
const query = client.query;
client.query = function (this: unknown, config: unknown, ...rest: unknown[]) {
  const text = typeof config === "string" ? config : ((config as { text?: string } | null)?.text ?? "");
  if (CHAOS_CONTROL === "relaxed-sync" && text.includes("synchronous_commit")) {
    // The store would turn the server's sync on again for itself: under this control it never finds it off.
    const deaf = text.replaceAll("= 'off'", "= 'never'");
    config = typeof config === "string" ? deaf : { ...(config as object), text: deaf };
  }
  if (!text.includes("insert into baton_handoffs")) return query.call(this, config, ...rest);
  mark("before-commit");
  const answer = query.call(this, config, ...rest) as Promise<unknown> | undefined;
  return answer?.then((result) => {
    mark("after-commit");
    return result;
  });
};
