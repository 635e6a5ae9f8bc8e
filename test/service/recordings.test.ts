// Recordings on SQLite.
import { describeRecordings } from "./recordings.ts";

describeRecordings(() => undefined);
