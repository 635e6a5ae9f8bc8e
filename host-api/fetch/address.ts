/**
 * Public addresses and all others. IPv4 is public unless a special-purpose registry names it; IPv6 is public only inside the
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
  ["metadata", "fd00:ec2::23", 128],
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
  if (named !== undefined && named !== "reserved") return named;
  const inner = embeddedV4(canonical);
  if (named === undefined && inner === null && GLOBAL_UNICAST.check(canonical, "ipv6")) return "public";
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
  const tail4 = /(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  let text = address;
  if (tail4) {
    const [a, b, c, d] = tail4.slice(1).map(Number) as [number, number, number, number];
    text = address.slice(0, tail4.index) + ((a << 8) | b).toString(16) + ":" + ((c << 8) | d).toString(16);
  }
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16));
}

const ENDS_IN_V4 = ["0:0:0:0:0:0", "0:0:0:0:0:65535", "0:0:0:0:65535:0", "100:65435:0:0:0:0", "100:65435:1:0:0:0"];

/** The IPv4 address that an IPv6 address stands for: mapped, compatible, translated, 6to4, Teredo, ISATAP. */
function embeddedV4(address: string): string | null {
  const all = groups(address);
  const [first = 0, second = 0, third = 0, , fifth = 0, sixth = 0, high = 0, low = 0] = all;
  const head = all.slice(0, 6).join(":");
  if (ENDS_IN_V4.includes(head)) return dotted(high, low);
  if (first === 0x2002) return dotted(second, third);
  if (first === 0x2001 && second === 0) return dotted(high ^ 0xffff, low ^ 0xffff);
  return (fifth & 0xfdff) === 0 && sixth === 0x5efe ? dotted(high, low) : null;
}

const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
