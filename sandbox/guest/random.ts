/** Repeatable randomness for a run with a seed: sfc32, seeded from the characters of the seed by FNV-1a. Not for secrets. */
import { charCodeAt } from "./primordials.ts";

const imul = Math.imul;

/** Makes a function that returns the next 32 random bits. */
export function seededBits(seed: string): () => number {
  let a = hash(seed, 0x811c9dc5);
  let b = hash(seed, 0x01000193);
  let c = hash(seed, 0x9e3779b9);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

function hash(text: string, start: number): number {
  let value = start | 0;
  for (let index = 0; index < text.length; index++) value = imul(value ^ charCodeAt(text, index), 0x01000193);
  return value;
}
