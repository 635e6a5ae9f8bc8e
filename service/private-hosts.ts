/** The operator's exceptions (`host:port`) as far as a tenant's own list of hosts names them: a tenant adds none, and gets none unasked. */
export function matchesPrivate(hosts: readonly string[], exceptions: readonly string[]): string[] {
  return exceptions.filter((exception) => {
    const host = exception
      .slice(0, exception.lastIndexOf(":"))
      .replace(/^\[|\]$/g, "")
      .toLowerCase();
    return hosts.some((pattern) => {
      const wanted = pattern.replace(/^\[|\]$/g, "").toLowerCase();
      if (wanted === "*" || wanted === host) return true;
      return wanted.startsWith("*.") && host.endsWith(wanted.slice(1));
    });
  });
}
