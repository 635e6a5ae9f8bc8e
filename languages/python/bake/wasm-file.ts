/** WebAssembly's binary format, as far as the bake reads and writes it: sections, numbers in LEB128, names. */

export interface Section {
  readonly id: number;
  readonly body: Buffer;
}

/** The sections that the bake touches, by their numbers in the format. */
export const SECTION = {
  custom: 0,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  data: 11,
  dataCount: 12,
} as const;

const MAGIC = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]);

export class Reader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = this.byte();
      value |= (next & 127) << shift;
      if (next < 128) return value >>> 0;
    }
  }

  signed(): number {
    let value = 0;
    for (let shift = 0; ;) {
      const next = this.byte();
      value |= (next & 127) << shift;
      shift += 7;
      if (next >= 128) continue;
      return shift < 32 && next & 64 ? value | (-1 << shift) : value | 0;
    }
  }

  name(): string {
    const length = this.unsigned();
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }

  limits(): { readonly flags: number; readonly min: number; readonly max: number | null } {
    const flags = this.unsigned();
    return { flags, min: this.unsigned(), max: flags & 1 ? this.unsigned() : null };
  }
}

export function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest !== 0);
  return Buffer.from(bytes);
}

export function signed(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = rest & 127;
    rest >>= 7;
    const isLast = (rest === 0 && !(low & 64)) || (rest === -1 && (low & 64) !== 0);
    bytes.push(isLast ? low : low | 128);
    if (isLast) return Buffer.from(bytes);
  }
}

export function name(text: string): Buffer {
  return Buffer.concat([unsigned(Buffer.byteLength(text)), Buffer.from(text)]);
}

/** A vector: its length, then its members. */
export function vector(members: readonly Buffer[]): Buffer {
  return Buffer.concat([unsigned(members.length), ...members]);
}

/** `i32.const value; end`: where a segment begins, or what a global holds. */
export function constant(value: number): Buffer {
  return Buffer.concat([Buffer.from([0x41]), signed(value), Buffer.from([0x0b])]);
}

export function readSections(file: Buffer): Section[] {
  const reader = new Reader(file, MAGIC.length);
  const sections: Section[] = [];
  while (reader.at < file.length) {
    const id = reader.byte();
    const length = reader.unsigned();
    sections.push({ id, body: file.subarray(reader.at, reader.at + length) });
    reader.at += length;
  }
  return sections;
}

export function writeSections(sections: readonly Section[]): Buffer {
  return Buffer.concat([
    MAGIC,
    ...sections.flatMap(({ id, body }) => [Buffer.from([id]), unsigned(body.length), body]),
  ]);
}
