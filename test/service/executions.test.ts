// Executions on SQLite.
import { describeExecutions } from "./executions.ts";

describeExecutions(() => undefined);
