/** `multipart/form-data`, both ways. */
import { web } from "./web.ts";
import type { FormLike } from "./web.ts";

export function multipartText(form: FormLike, boundary: string): unknown[] {
  const parts: unknown[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(newlines(name))}"`;
    if (typeof value === "string") parts.push(`${head}\r\n\r\n${newlines(value)}\r\n`);
    else {
      const type = value.type === "" ? "application/octet-stream" : value.type;
      parts.push(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, value, "\r\n");
    }
  }
  return [...parts, `--${boundary}--\r\n`];
}

const newlines = (text: string): string => text.replace(/\r?\n|\r/g, "\r\n");
const escapeName = (name: string): string =>
  name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
const unescapeName = (name: string): string =>
  name.replace(/%0a/gi, "\n").replace(/%0d/gi, "\r").replaceAll("%22", '"');

export function readMultipart(bytes: Uint8Array<ArrayBuffer>, boundary: string, form: FormLike): void {
  const malformed = (): never => {
    throw new TypeError("the body is no well-formed multipart form");
  };
  const dash = ascii(`--${boundary}`);
  let at = indexOf(bytes, dash, 0);
  if (at < 0) malformed();
  for (;;) {
    at += dash.length;
    if (bytes[at] === 45 && bytes[at + 1] === 45) return;
    if (bytes[at] !== 13 || bytes[at + 1] !== 10) malformed();
    const headEnd = indexOf(bytes, ascii("\r\n\r\n"), at);
    const next = indexOf(bytes, ascii(`\r\n--${boundary}`), Math.max(headEnd + 2, 0));
    if (headEnd < 0 || next < 0) malformed();
    const head = new web.TextDecoder().decode(bytes.subarray(at + 2, headEnd));
    const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? malformed();
    const name = /(?:^|[;\s])name="([^"]*)"/.exec(disposition)?.[1];
    const filename = /(?:^|[;\s])filename="([^"]*)"/.exec(disposition)?.[1];
    if (name === undefined) malformed();
    const content = bytes.slice(Math.min(headEnd + 4, next), next);
    if (filename === undefined) form.append(unescapeName(name!), new web.TextDecoder().decode(content));
    else {
      const type = /^content-type:\s*(.*?)\s*$/im.exec(head)?.[1] ?? "text/plain";
      form.append(unescapeName(name!), new web.File([content], unescapeName(filename), { type }));
    }
    at = next + 2;
  }
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function indexOf(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(needle[0]!, from); at >= 0; at = bytes.indexOf(needle[0]!, at + 1)) {
    let same = 1;
    while (same < needle.length && bytes[at + same] === needle[same]) same++;
    if (same === needle.length) return at;
  }
  return -1;
}
