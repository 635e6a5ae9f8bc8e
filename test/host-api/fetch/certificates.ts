/** Certificate authorities and certificates made for a test: X.509 written out in DER, signed with keys of node:crypto. */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM of the authority's own certificate. */
  readonly ca: string;
  /** A certificate for these DNS names and IPv4 addresses. */
  issue(names: readonly string[], options?: { readonly expired?: boolean }): Certificate;
}

const DAY_MS = 86_400_000;

export function createAuthority(name = "Test authority"): Authority {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ca = toPem(certificate({ issuer: name, subject: name, key: own.publicKey, signer: own.privateKey, ca: true }));
  return {
    ca,
    issue(names, { expired = false } = {}) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const parts = { issuer: name, subject: names[0]!, key: pair.publicKey, signer: own.privateKey, names, expired };
      return { cert: toPem(certificate(parts)), key: pair.privateKey.export({ type: "pkcs8", format: "pem" }) };
    },
  };
}

interface Parts {
  readonly issuer: string;
  readonly subject: string;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly names?: readonly string[];
  readonly ca?: boolean;
  readonly expired?: boolean;
}

function certificate({ issuer, subject, key, signer, names = [], ca = false, expired = false }: Parts): Buffer {
  const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
  const ends = Date.now() + (expired ? -DAY_MS : DAY_MS);
  const body = sequence(
    tlv(0xa0, integer(2)),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(issuer),
    sequence(time(ends - 3 * DAY_MS), time(ends)),
    commonName(subject),
    key.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(...extensions(names, ca))),
  );
  const signature = sign("sha256", body, { key: signer, dsaEncoding: "der" });
  return sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

function extensions(names: readonly string[], ca: boolean): Buffer[] {
  const basic = sequence(oid("551d13"), octets(sequence(...(ca ? [tlv(0x01, Buffer.from([0xff]))] : []))));
  if (names.length === 0) return [basic];
  const alternatives = names.map((name) =>
    isIPv4(name) ? tlv(0x87, Buffer.from(name.split(".").map(Number))) : tlv(0x82, Buffer.from(name)),
  );
  return [basic, sequence(oid("551d11"), octets(sequence(...alternatives)))];
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, Buffer.concat(parts));
const octets = (content: Buffer): Buffer => tlv(0x04, content);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const integer = (value: number): Buffer => tlv(0x02, Buffer.from([value]));
const commonName = (name: string): Buffer => sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from(name)))));
const time = (ms: number): Buffer =>
  tlv(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
const toPem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;
