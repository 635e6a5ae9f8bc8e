/** Bakes the data of `baton-runtime-python`, unless what lies there was made from the same inputs. */
import { fileURLToPath } from "node:url";
import { bake, findFolders, isFresh } from "../languages/python/bake/bake.ts";

const folders = findFolders(fileURLToPath(new URL("../", import.meta.url)));
if (process.argv.includes("--force") || !isFresh(folders)) await bake(folders);
