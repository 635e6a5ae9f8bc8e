import type { openHandoffs as open } from "../../../delivery/index.ts";
import type { openStore as store } from "../../../delivery/open-store.ts";

export declare const openHandoffs: typeof open;
export declare const openStore: typeof store;
