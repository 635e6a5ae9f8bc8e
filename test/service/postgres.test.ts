// The same on PostgreSQL.
import { afterAll, beforeAll, describe } from "@jest/globals";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { describeExecutions } from "./executions.ts";
import { describeHostile } from "./hostile.ts";
import { describePlatform } from "./platform.ts";
import { describeRecordings } from "./recordings.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

describe("executions", () => describeExecutions(() => server.url()));
describe("the platform", () => describePlatform(() => server.url()));
describe("hostile callers", () => describeHostile(() => server.url()));
describe("recordings", () => describeRecordings(() => server.url()));
