import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { classifyAddress } from "../../../host-api/fetch/address.ts";
import { decideUrl, egressPolicySchema } from "../../../host-api/fetch/policy.ts";
import type { EgressPolicy } from "../../../host-api/fetch/policy.ts";

function decide(policy: EgressPolicy | null, url: string, method = "GET"): string {
  const decision = decideUrl(policy, new URL(url), method);
  return decision.ok ? "ok" : decision.code;
}

const acme: EgressPolicy = { hosts: ["api.acme.example", "*.shop.example"] };
const anyone: EgressPolicy = { hosts: ["*"], http: true };

describe("the policy", () => {
  test("no policy means no egress", () => {
    expect(decide(null, "https://api.acme.example/")).toBe("EGRESS_NO_POLICY");
  });

  test("a host is reached if its name is listed, or below a listed star", () => {
    expect(decide(acme, "https://api.acme.example/")).toBe("ok");
    expect(decide(acme, "https://API.ACME.EXAMPLE./")).toBe("ok");
    expect(decide(acme, "https://a.b.shop.example/")).toBe("ok");
    for (const url of [
      "https://acme.example/",
      "https://shop.example/",
      "https://evilshop.example/",
      "https://api.acme.example.evil.example/",
      "https://api.acme.example@evil.example/".replace("@", "%2e"),
    ]) {
      expect(decide(acme, url)).toBe("EGRESS_HOST");
    }
  });

  test.each([
    "data:text/plain,hi",
    "blob:https://a.example/1",
    "about:blank",
    "file:///etc/hosts",
    "ftp://a.example/",
    "ws://a.example",
  ])("%s is no scheme to fetch", (url) => expect(decide(anyone, url)).toBe("EGRESS_SCHEME"));

  test("user names and passwords in a URL are refused", () => {
    expect(decide(anyone, "https://user@a.example/")).toBe("EGRESS_USERINFO");
    expect(decide(anyone, "https://:pass@a.example/")).toBe("EGRESS_USERINFO");
  });

  test("plain http only where the policy allows it, ports only where it lists them", () => {
    expect(decide({ hosts: ["*"] }, "http://a.example/")).toBe("EGRESS_HTTP");
    expect(decide(anyone, "http://a.example/")).toBe("ok");
    expect(decide({ hosts: ["*"] }, "https://a.example:80/")).toBe("EGRESS_PORT");
    expect(decide(anyone, "https://a.example:80/")).toBe("ok");
    expect(decide(anyone, "https://a.example:8443/")).toBe("EGRESS_PORT");
    expect(decide({ ...anyone, ports: [8443] }, "https://a.example:8443/")).toBe("ok");
    expect(decide({ ...anyone, ports: [8443] }, "https://a.example/")).toBe("EGRESS_PORT");
  });

  test("methods are the listed ones, and never those that tunnel or echo", () => {
    expect(decide({ hosts: ["*"], methods: ["get"] }, "https://a.example/", "GET")).toBe("ok");
    expect(decide({ hosts: ["*"], methods: ["GET"] }, "https://a.example/", "POST")).toBe("EGRESS_METHOD");
    expect(decide({ hosts: ["*"], methods: ["TRACE", "CONNECT"] }, "https://a.example/", "TRACE")).toBe(
      "EGRESS_METHOD",
    );
    expect(decide({ hosts: ["*"], methods: ["TRACE", "CONNECT"] }, "https://a.example/", "connect")).toBe(
      "EGRESS_METHOD",
    );
  });

  test.each([
    "localhost", "LOCALHOST", "localhost.", "db", "a.localhost", "printer.local", "metadata.google.internal", "x.intranet",
    "router.lan", "x.home.arpa", "ｌｏｃａｌｈｏｓｔ", "LOCALHOST。", "loc\u00adalhost", "ｍetadata.google.internal", "1e3", "host.docker.internal",
    "kubernetes.default.svc.cluster.local", "foo.localhost.",
  ])("%s is refused by name", (name) => {
    expect(decide(anyone, `http://${name}/`)).toBe("EGRESS_LOCAL_NAME");
    expect(decide({ ...anyone, hosts: [name] }, `http://${name}/`)).toBe("EGRESS_LOCAL_NAME");
  }); // prettier-ignore

  test.each([
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "１２７.0.0.1", "127.0.0.1.", "0", "0.0.0.0",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0xa9fea9fe", "168.63.129.16",
    "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1",
    "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::7f00:1]", "[::127.0.0.1]", "[::ffff:8.8.8.8]",
    "[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]",
    "①②⑦.⓪.⓪.①", "1②7.0.0.1", "127。0。0。1", "127．0．0．1", "⑯⑨.254.169.254", "%31%32%37.0.0.1", "127.0.0.1%2e", "0300.0250.1.1",
    "017700000001", "0xC0A80101", "127.0.1", "00000177.0.0.1", "0x7f.0x0.0x0.0x1", "0x7f000001.", "192.0.0.8", "198.19.255.255",
    "100.127.255.255", "0.1.2.3", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[2606:4700::5efe:127.0.0.1]", "[100::1]", "[::ffff:0:127.0.0.1]",
  ])("the literal %s is refused", (host) => {
    expect(decide(anyone, `http://${host}/`)).toBe("EGRESS_ADDRESS");
    expect(decide({ ...anyone, hosts: ["*", host] }, `http://${host}/`)).toBe("EGRESS_ADDRESS");
  }); // prettier-ignore

  test.each(["localhost..", "127.0.0.1..", "a..example", ".a.example", "api.acme.example.."])(
    "%s, a name with an empty label, is no URL to fetch",
    (name) => expect(decide(anyone, `http://${name}/`)).toBe("EGRESS_URL"),
  );

  test("an address within an IPv6 address counts as what it is, however it is carried there", () => {
    for (const address of [
      "2002:a9fe:a9fe::1",
      "64:ff9b::a9fe:a9fe",
      "64:ff9b:1::a9fe:a9fe",
      "::ffff:169.254.169.254",
      "2001:0:808:808::5601:5601",
      "2606:4700::5efe:169.254.169.254",
    ])
      expect(classifyAddress(address)).toBe("metadata");
    for (const address of ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"])
      expect(classifyAddress(address)).toBe("metadata");
    for (const address of [
      "2002:808:808::1",
      "2001:0:4136:e378:8000:63bf:3fff:fdd2",
      "64:ff9b::808:808",
      "2001:20::1",
      "5f00::1",
    ])
      expect(classifyAddress(address)).toBe("reserved");
  });

  test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "[2606:4700:4700::1111]", "[2001:4860:4860::8888]"])(
    "the public literal %s is reached where any host is",
    (host) => expect(decide(anyone, `http://${host}/`)).toBe("ok"),
  );

  test("an exception names one host and port, and nothing beside it", () => {
    const policy: EgressPolicy = {
      hosts: [],
      http: true,
      private: ["127.0.0.1:8080", "[::1]:8080", "orders.internal:9000"],
    };
    for (const url of [
      "http://127.0.0.1:8080",
      "http://0x7f.1:8080",
      "http://[::1]:8080",
      "http://orders.internal:9000",
    ]) {
      expect(decide(policy, url)).toBe("ok");
    }
    expect(decide(policy, "http://127.0.0.1:8081")).toBe("EGRESS_ADDRESS");
    expect(decide(policy, "http://127.0.0.2:8080")).toBe("EGRESS_ADDRESS");
    expect(decide(policy, "http://[::ffff:127.0.0.1]:8080")).toBe("EGRESS_ADDRESS");
    expect(decide(policy, "http://localhost:8080")).toBe("EGRESS_LOCAL_NAME");
    expect(decide(policy, "http://orders.internal:9001")).toBe("EGRESS_LOCAL_NAME");
  });

  test("every way to write an IPv4 address that is not public is refused, and no mapping of any address is public", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.constantFrom("10", "127", "0"), octet, octet, octet, (a, b, c, d) => {
        const number = ((Number(a) << 24) | (b << 16) | (c << 8) | d) >>> 0;
        const hex = number.toString(16).padStart(8, "0");
        for (const host of [
          `${a}.${b}.${c}.${d}`,
          `${number}`,
          `0x${hex}`,
          `0${number.toString(8)}`,
          `${a}.${b}.${(c << 8) | d}`,
          `[::ffff:${a}.${b}.${c}.${d}]`,
          `[::ffff:${hex.slice(0, 4)}:${hex.slice(4)}]`,
        ]) {
          expect(decide(anyone, `http://${host}/`)).toBe("EGRESS_ADDRESS");
        }
      }),
    );
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        for (const prefix of ["::ffff:", "::", "64:ff9b::", "::ffff:0:"]) {
          expect(classifyAddress(`${prefix}${a}.${b}.${c}.${d}`)).not.toBe("public");
        }
      }),
    );
  });

  test("anything that is no address is not public", () => {
    for (const text of ["", "a.example", "1.2.3", "fe80::1%eth0", "2606:4700::1%1", "1.2.3.4.5"]) {
      expect(classifyAddress(text)).toBe("reserved");
    }
  });

  test("its schema takes what the documentation shows and nothing else", () => {
    expect(egressPolicySchema.safeParse(acme).success).toBe(true);
    for (const bad of [
      { hosts: ["https://a.example"] },
      { hosts: ["a.example/path"] },
      { hosts: ["a.*.example"] },
      { hosts: ["*"], private: ["127.0.0.1"] },
      { hosts: ["*"], ports: [0] },
      { hosts: ["*"], proxy: "http://a.example" },
      {},
    ]) {
      expect(egressPolicySchema.safeParse(bad).success).toBe(false);
    }
  });
});
