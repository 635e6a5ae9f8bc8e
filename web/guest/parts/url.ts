/** `URL` and `URLSearchParams`: the classes are here, parsing and serializing are the worker process's own. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { shaped, toText } from "../idl.ts";
import { createSearchParams } from "../search-params.ts";
import { nameOf, showBy } from "../shown.ts";

const PARTS = [
  "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash",
] as const; // prettier-ignore
type Part = (typeof PARTS)[number];
type Parts = Readonly<Record<Part, string>>;

// oxlint-disable-next-line eslint/max-lines-per-function -- a class over the bridge; each method is short
export default function url(bridge: Bridge): Record<string, unknown> {
  const { URLSearchParams, link } = createSearchParams(bridge);
  const ask = (name: string, args: unknown): Parts | null => {
    const values = bridge.callWorker(name, JSON.stringify(args)).value as string[] | null;
    return values && (Object.fromEntries(PARTS.map((part, at) => [part, values[at]])) as Parts);
  };
  const parseUrl = (input: unknown, base: unknown): Parts | null =>
    ask("url.parse", [toText(input), base === undefined ? null : toText(base)]);
  const invalid = (input: unknown): TypeError =>
    Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: String(input).slice(0, 200) });
  const PARSED = Symbol("parsed");

  class URL {
    #parts: Parts;
    #params: InstanceType<typeof URLSearchParams> | null = null;

    constructor(input: unknown, base?: unknown, token?: symbol) {
      if (arguments.length === 0) throw new TypeError("a URL needs an argument");
      const parts = token === PARSED ? (input as Parts) : parseUrl(input, base);
      if (parts === null) throw invalid(input);
      this.#parts = parts;
    }
    static canParse(input: unknown, base?: unknown): boolean {
      if (arguments.length === 0) throw new TypeError("URL.canParse needs an argument");
      return parseUrl(input, base) !== null;
    }
    static parse(input: unknown, base?: unknown): URL | null {
      if (arguments.length === 0) throw new TypeError("URL.parse needs an argument");
      const parts = parseUrl(input, base);
      return parts && new URL(parts, undefined, PARSED);
    }
    get searchParams(): InstanceType<typeof URLSearchParams> {
      this.#params ??= link(this.#parts.search.slice(1), (query) => this.#set("search", query));
      return this.#params;
    }
    toString(): string {
      return this.#parts.href;
    }
    toJSON(): string {
      return this.#parts.href;
    }
    static get(target: URL, part: Part): string {
      return target.#parts[part];
    }
    static set(target: URL, part: Part, value: unknown): void {
      target.#set(part, toText(value));
      if (target.#params && (part === "search" || part === "href")) {
        link(target.#parts.search.slice(1), null, target.#params);
      }
    }
    #set(part: Part, value: string): void {
      const parts = ask("url.set", [this.#parts.href, part, value]);
      if (parts === null) throw invalid(value);
      this.#parts = parts;
    }
    get [Symbol.toStringTag](): string {
      return "URL";
    }
  }

  const { get, set } = URL;
  Reflect.deleteProperty(URL, "get");
  Reflect.deleteProperty(URL, "set");
  for (const part of PARTS) {
    const accessors = {
      get [part](): string {
        return get(this as unknown as URL, part);
      },
      set [part](value: string) {
        set(this as unknown as URL, part, value);
      },
    };
    const { get: getter, set: setter } = Object.getOwnPropertyDescriptor(accessors, part)!;
    Object.defineProperty(URL.prototype, part, {
      get: getter!,
      ...(part === "origin" ? {} : { set: setter! }),
      configurable: true,
    });
  }
  showBy(URL, (self, depth, options, inspect) => {
    if (depth !== null && depth < 0) return `${nameOf(self)} {}`;
    const shown: Record<string, unknown> = {};
    for (const part of PARTS) {
      if (part === "hash") shown["searchParams"] = self.searchParams;
      shown[part] = get(self, part);
    }
    return `${nameOf(self)} ${inspect(shown, options)}`;
  });
  return shaped(
    { URL, URLSearchParams },
    {
      URL: 1,
      "URL.parse": 1,
      "URL.canParse": 1,
      URLSearchParams: 0,
      "URLSearchParams.delete": 1,
      "URLSearchParams.has": 1,
      "URLSearchParams.forEach": 1,
    },
  );
}
