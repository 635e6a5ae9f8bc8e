/** Hands a body on in pieces of a bounded size: as much as is there, never waiting for more once it has something. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly done: boolean;
}

export interface Pump {
  /** Waits for the next bytes, at most `patienceMs` where given, then takes what else is there up to about `atMost` bytes. */
  take(atMost: number, patienceMs?: number): Promise<Piece>;
}

/** A failure that `isLate` stands behind the bytes that came before it: the take after them throws it. */
export function createPump(body: AsyncIterable<Uint8Array>, isLate: (error: unknown) => boolean = () => false): Pump {
  const iterator = body[Symbol.asyncIterator]();
  let waiting: Promise<IteratorResult<Uint8Array, unknown>> | null = null;
  const nextWithin = async (ms: number | undefined) => {
    waiting ??= iterator.next();
    // Where patience ends first, the next take gets the failure.
    waiting.catch(() => {});
    const result = await (ms === undefined ? waiting : Promise.race([waiting, pause(ms)]));
    if (result !== null) waiting = null;
    return result;
  };
  return {
    async take(atMost, patienceMs) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      let patience = patienceMs;
      while (size < atMost) {
        const result = await nextWithin(patience).catch((error: unknown) => {
          if (!isLate(error) || (patienceMs === undefined && size === 0)) throw error;
          return null;
        });
        if (result === null) break;
        if (result.done === true) return { bytes: Buffer.concat(chunks), done: true };
        chunks.push(result.value);
        size += result.value.byteLength;
        if (size > 0) patience = patienceMs ?? 0;
      }
      return { bytes: Buffer.concat(chunks), done: false };
    },
  };
}

function pause(ms: number): Promise<null> {
  return new Promise((done) => {
    if (ms === 0) setImmediate(done, null);
    else setTimeout(done, ms, null);
  });
}
