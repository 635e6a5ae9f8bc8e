/**
 * Tells public addresses from all others. IPv4 is public unless a special-purpose registry names it; IPv6 is public only inside the
 * global unicast space and only where no IPv4 address hides in it, so every mapped, translated or tunnelled spelling is refused.
 */
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from "node:net";

export type AddressKind = "public" | "loopback" | "private" | "link-local" | "metadata" | "reserved";

const V4: readonly (readonly [AddressKind, string, number])[] = [
  ["metadata", "169.254.169.254", 32],
  ["metadata", "169.254.170.2", 32],
  ["metadata", "168.63.129.16", 32],
  ["metadata", "100.100.100.200", 32],
  ["metadata", "192.0.0.192", 32],
  ["loopback", "127.0.0.0", 8],
  ["link-local", "169.254.0.0", 16],
  ["private", "10.0.0.0", 8],
  ["private", "100.64.0.0", 10],
  ["private", "172.16.0.0", 12],
  ["private", "192.168.0.0", 16],
  ["reserved", "0.0.0.0", 8],
  ["reserved", "192.0.0.0", 24],
  ["reserved", "192.0.2.0", 24],
  ["reserved", "192.88.99.0", 24],
  ["reserved", "198.18.0.0", 15],
  ["reserved", "198.51.100.0", 24],
  ["reserved", "203.0.113.0", 24],
  ["reserved", "224.0.0.0", 4],
  ["reserved", "240.0.0.0", 4],
];

const V6: readonly (readonly [AddressKind, string, number])[] = [
  ["metadata", "fd00:ec2::254", 128],
  ["metadata", "fd20:ce::254", 128],
  ["loopback", "::1", 128],
  ["link-local", "fe80::", 10],
  ["private", "fc00::", 7],
  ["private", "fec0::", 10],
  // Inside the global unicast space: protocol assignments (Teredo among them), documentation, 6to4.
  ["reserved", "2001::", 23],
  ["reserved", "2001:db8::", 32],
  ["reserved", "2002::", 16],
  ["reserved", "3fff::", 20],
];

const V4_LISTS = V4.map(([kind, net, prefix]) => [kind, subnet(net, prefix, "ipv4")] as const);
const V6_LISTS = V6.map(([kind, net, prefix]) => [kind, subnet(net, prefix, "ipv6")] as const);
const GLOBAL_UNICAST = subnet("2000::", 3, "ipv6");

/** What kind of address this literal is. Anything that is no address at all is "reserved". */
export function classifyAddress(address: string): AddressKind {
  const canonical = canonicalAddress(address);
  if (canonical === null) return "reserved";
  if (isIPv4(canonical)) {
    return V4_LISTS.find(([, list]) => list.check(canonical, "ipv4"))?.[0] ?? "public";
  }
  const named = V6_LISTS.find(([, list]) => list.check(canonical, "ipv6"))?.[0];
  if (named !== undefined) return named;
  if (GLOBAL_UNICAST.check(canonical, "ipv6") && !carriesIsatap(canonical)) return "public";
  const inner = embeddedV4(canonical);
  const kind = inner === null ? "reserved" : classifyAddress(inner);
  return kind === "public" ? "reserved" : kind;
}

/** One spelling per address: dotted IPv4, lower-case shortest IPv6 without a zone; an IPv4-mapped one stays IPv6. */
export function canonicalAddress(address: string): string | null {
  const bare = stripBrackets(address);
  if (bare.includes("%") || isIP(bare) === 0) return null;
  return new SocketAddress({ address: bare, family: isIPv6(bare) ? "ipv6" : "ipv4" }).address;
}

export function stripBrackets(hostname: string): string {
  return hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
}

function subnet(net: string, prefix: number, family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  list.addSubnet(net, prefix, family);
  return list;
}

/** The eight groups of an IPv6 address. */
function groups(address: string): number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  let text = address;
  if (dotted) {
    const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number];
    text = address.slice(0, dotted.index) + ((a << 8) | b).toString(16) + ":" + ((c << 8) | d).toString(16);
  }
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address that the last 32 bits spell where the rest says that they do (mapped, compatible, translated). */
function embeddedV4(address: string): string | null {
  const all = groups(address);
  const head = all.slice(0, 6).join(":");
  const known = ["0:0:0:0:0:0", "0:0:0:0:0:65535", "0:0:0:0:65535:0", "100:65435:0:0:0:0"].includes(head);
  if (!known) return null;
  const [high = 0, low = 0] = all.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function carriesIsatap(address: string): boolean {
  const [marker = 0, second = 0] = groups(address).slice(4, 6);
  return (marker & 0xfdff) === 0 && second === 0x5efe;
}
