// The platform's paths on SQLite.
import { describePlatform } from "./platform.ts";

describePlatform(() => undefined);
