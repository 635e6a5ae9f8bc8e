/**
 * Finds `baton-runtime-python`, the package that holds CPython as data. Users who run no Python need not have it, so that it is missing is no fault until an
 * action wants it; then the sentence says how to install it.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { HostFault } from "../../base/fault.ts";
import { z } from "zod";

const NAME = "baton-runtime-python";
/** Of the data: raised when the glue and an older image would not understand each other. */
const FORMAT = 1;

const manifestSchema = z.object({ format: z.int(), python: z.string(), imageBytes: z.int().min(1) });

export interface PythonPackage {
  readonly folder: string;
  /** Bytes of memory that every instance takes before an action has taken any. */
  readonly imageBytes: number;
  readonly version: string;
}

export type FoundPackage =
  | { readonly type: "found"; readonly data: PythonPackage }
  | { readonly type: "missing"; readonly why: string };

export const INSTALL = `npm install ${NAME}`;

export function findPackage(): FoundPackage {
  const folder = findFolder();
  if (folder === null) {
    return { type: "missing", why: `Python actions need the package ${NAME}, which is not installed: ${INSTALL}` };
  }
  const read = manifestSchema.safeParse(readManifest(folder));
  if (!read.success || read.data.format !== FORMAT) {
    const why = `The installed ${NAME} does not fit this version of baton-runtime: ${INSTALL}@latest`;
    return { type: "missing", why };
  }
  const { python, imageBytes } = read.data;
  return { type: "found", data: { folder: join(folder, "data"), imageBytes, version: python } };
}

/** Throws a HostFault that says how to install it. */
export function needPackage(): PythonPackage {
  const found = findPackage();
  if (found.type === "found") return found.data;
  throw new HostFault("WORKER_UNAVAILABLE", found.why, "never");
}

function findFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${NAME}/package.json`));
  } catch {
    return null;
  }
}

function readManifest(folder: string): unknown {
  const path = join(folder, "data/manifest.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as unknown) : null;
}
