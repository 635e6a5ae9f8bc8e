/**
 * The built files of the pages and the document that loads them, for whatever serves them: `baton dev` the author's page, the service the
 * operator's console. What a document may do in the browser is said here, once for both.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { HostFault } from "../base/fault.ts";

export type BundleName = "page" | "console";

export interface Asset {
  readonly body: Buffer;
  /** The same, compressed. */
  readonly gzip: Buffer;
  readonly type: string;
}

/** Reads the file of a bundle once; null for a name that it has not. */
export type ReadAsset = (name: string) => Asset | null;

const FILE = /^(?:main|part-[A-Z0-9]+)\.(?:js|css)$/;
const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

export function openBundle(bundle: BundleName): ReadAsset {
  const folder = new URL(
    `${import.meta.url.endsWith(".ts") ? "../dist/assets" : "../assets"}/browser/${bundle}/`,
    import.meta.url,
  );
  const read = new Map<string, Asset | null>();
  return (name) => {
    // The pattern holds no way out of the folder.
    if (!FILE.test(name)) return null;
    if (!read.has(name)) read.set(name, readOne(folder, name));
    return read.get(name)!;
  };
}

function readOne(folder: URL, name: string): Asset | null {
  try {
    const body = readFileSync(new URL(name, folder));
    return { body, gzip: gzipSync(body), type: TYPES[name.slice(name.lastIndexOf(".") + 1)]! };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && name !== "main.js") return null;
    const message = `The page's files are not in ${fileURLToPath(folder)}: a bundler must leave the package alone.`;
    throw new HostFault("ASSETS_MISSING", message, "never", { cause: error });
  }
}

export interface DocumentOptions {
  /** Of the document and of its frame. */
  readonly title: string;
  readonly bundle: ReadAsset;
  /** Where the files of the bundle are served, with the slash at the end. */
  readonly assets: string;
  /** For the document's own styles and those that the editor makes at run time: a new one for each answer. */
  readonly nonce: string;
}

/** Its styles and the frame stand in it, so that the first paint waits for no other answer and no script. */
export function pageDocument({ title, bundle, assets, nonce }: DocumentOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="style-nonce" content="${nonce}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${bundle("main.css")?.body.toString() ?? ""}</style>
<script type="module" src="${assets}main.js"></script>
</head>
<body>
<div id="app"><div class="shell"><header><span class="brand">${title}</span></header></div></div>
<noscript><p>This page needs JavaScript.</p></noscript>
</body>
</html>
`;
}

/** Headers of every answer: nothing from elsewhere, no frame around it, nothing kept by a cache, no address given away. */
export function securityHeaders(nonce = "none"): Readonly<Record<string, string>> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  };
}
