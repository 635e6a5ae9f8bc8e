/**
 * Seals tenants' secrets: AES-256-GCM, the tenant and the name authenticated with each, so that a sealed value put in another place
 * opens nowhere. The first key seals; the others open what they sealed, until all of it is sealed anew.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostFault } from "../base/fault.ts";

export interface Place {
  readonly tenant: string;
  readonly name: string;
}

export interface Vault {
  /** The id of the key that seals. */
  readonly current: string;
  knows(keyId: string): boolean;
  seal(place: Place, value: string): { readonly keyId: string; readonly sealed: string };
  /** Throws SECRETS_UNREADABLE for what no key of ours opens. */
  open(place: Place, of: { readonly keyId: string; readonly sealed: string }): string;
}

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function openVault(keys: string): Vault {
  const given = keys.split(",").map((part) => readKey(part.trim()));
  const known = new Map(given);
  if (known.size < given.length) {
    const message = "The secrets key (BATON_SECRETS_KEY) names two keys by one id: give the new one an id of its own.";
    throw new HostFault("SECRETS_KEY_INVALID", message, "never");
  }
  const current = [...known.keys()][0]!;
  return {
    current,
    knows: (keyId) => known.has(keyId),
    seal(place, value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, known.get(current)!, nonce).setAAD(boundTo(place));
      const text = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
      return { keyId: current, sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString("base64") };
    },
    open(place, { keyId, sealed }) {
      const key = known.get(keyId);
      if (key === undefined)
        throw unreadable(`they were sealed under the key ${keyId}, which is not among those given`);
      const bytes = Buffer.from(sealed, "base64");
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(place));
      try {
        decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
        const text = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
        return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
      } catch (cause) {
        throw unreadable(`the key ${keyId} does not open them`, cause);
      }
    },
  };
}

const boundTo = ({ tenant, name }: Place): Buffer => Buffer.from(JSON.stringify([tenant, name]));

function readKey(part: string): [string, Buffer] {
  const [, id, text] = /^([A-Za-z0-9_.-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/.exec(part) ?? [];
  const bytes = text === undefined ? null : Buffer.from(text, "base64");
  if (id !== undefined && bytes?.length === 32) return [id, bytes];
  const message = "The secrets key (BATON_SECRETS_KEY) is id:base64[,id:base64…], each of 32 random bytes.";
  throw new HostFault("SECRETS_KEY_INVALID", message, "never");
}

function unreadable(why: string, cause?: unknown): HostFault {
  const message = `The store holds secrets that cannot be opened: ${why}.`;
  return new HostFault("SECRETS_UNREADABLE", message, "never", { cause });
}

const KEY_FILE = "secrets.key";

export const keyIsInFolder = (folder: string): boolean => existsSync(join(folder, KEY_FILE));

/** The key that lies beside the SQLite file; made there where it is not yet. */
export function keyInFolder(folder: string): string {
  const path = join(folder, KEY_FILE);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const key = `k${randomBytes(4).toString("hex")}:${randomBytes(32).toString("base64")}\n`;
    try {
      writeFileSync(path, key, { mode: 0o600, flag: "wx" });
    } catch (error) {
      // Another process that starts on the same folder was first.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  return readFileSync(path, "utf8").trim();
}
