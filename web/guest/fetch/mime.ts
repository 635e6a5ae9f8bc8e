/** The content type of a body, as the fetch standard extracts it from one or several header values. */
// By its own path: the package's index brings the sniffing of files along.
import MIMEType from "whatwg-mimetype/lib/mime-type.js";

export type { MIMEType };

export function extractMimeType(header: string | null): MIMEType | null {
  if (header === null) return null;
  let charset: string | null = null;
  let essence: string | null = null;
  let last: MIMEType | null = null;
  for (const value of splitValues(header)) {
    const type = parseType(value);
    if (type === null || type.essence === "*/*") continue;
    last = type;
    if (type.essence !== essence) {
      charset = type.parameters.get("charset") ?? null;
      essence = type.essence;
    } else if (!type.parameters.has("charset") && charset !== null) type.parameters.set("charset", charset);
  }
  return last;
}

/** At commas that stand outside quotes. */
function splitValues(header: string): string[] {
  const values: string[] = [];
  let value = "";
  let quoted = false;
  for (let at = 0; at < header.length; at++) {
    const char = header[at]!;
    if (char === '"') quoted = !quoted;
    if (quoted && char === "\\") value += char + (header[++at] ?? "");
    else if (char === "," && !quoted) {
      values.push(value);
      value = "";
    } else value += char;
  }
  return [...values, value];
}

function parseType(value: string): MIMEType | null {
  try {
    return new MIMEType(value);
  } catch {
    return null;
  }
}
