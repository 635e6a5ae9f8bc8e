/** The files of the baked image, as a process reads them once: all that its instances share. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface ImageFiles {
  readonly engine: WebAssembly.Module;
  readonly trampoline: WebAssembly.Module;
  readonly facts: string;
  readonly rehearsal: { readonly script: string; readonly input: string; readonly answer: string };
  /** The standard library or a zone. */
  resource(name: string): Uint8Array | undefined;
}

const REHEARSED = `from datetime import datetime
from zoneinfo import ZoneInfo

def execute_action(context):
    now = datetime.now(ZoneInfo("UTC"))
    print("rehearsed")
    return {"answer": hand_off_conversation(context, "rehearsed", phone_destination="+15551234567"), "at": now}
`;

/** The files that an instance is made of, in the order in which a worker process is handed them. */
export const IMAGE_FILES = ["image.wasm", "trampoline.wasm", "facts.json", "library.zip", "zones.bin"] as const;
export type ImageFileName = (typeof IMAGE_FILES)[number];

export function readImageFolder(folder: string): ImageFiles {
  return readImageFiles((name) => readFileSync(join(folder, name)));
}

export function readImageFiles(read: (name: ImageFileName) => Buffer): ImageFiles {
  const library = read("library.zip");
  const zone = openZones(read("zones.bin"));
  return {
    engine: new WebAssembly.Module(bytes(read("image.wasm"))),
    trampoline: new WebAssembly.Module(bytes(read("trampoline.wasm"))),
    facts: read("facts.json").toString("utf8"),
    rehearsal: {
      script: JSON.stringify({
        kind: "action",
        entry: "rehearsal",
        modules: { rehearsal: { file: "rehearsal.py", source: REHEARSED, package: false } },
        globals: [],
      }),
      input: JSON.stringify({ conversation: { id: "rehearsal" }, args: {} }),
      answer: JSON.stringify({ ok: true, value: { success: true, message: "rehearsed" } }),
    },
    resource: (name) => (name === "library" ? library : name.startsWith("zone/") ? zone(name.slice(5)) : undefined),
  };
}

/** The names of the files that are not as the manifest says: a package that was cut short while it was installed, say. */
export function findDamage(folder: string): string[] {
  const { files } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    files: Record<string, string>;
  };
  return Object.entries(files)
    .filter(([name, expected]) => hashOf(join(folder, name)) !== expected)
    .map(([name]) => name);
}

function hashOf(path: string): string | null {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return null;
  }
}

function openZones(file: Buffer): (name: string) => Uint8Array | undefined {
  const length = file.readUInt32LE(0);
  const { zones } = JSON.parse(file.toString("utf8", 4, 4 + length)) as { zones: Record<string, [number, number]> };
  return (name) => {
    if (!Object.hasOwn(zones, name)) return undefined;
    const [at, size] = zones[name]!;
    return file.subarray(4 + length + at, 4 + length + at + size);
  };
}

const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => Uint8Array.from(buffer);
